"""Runs the hooks of the client's docstring in the engines that are installed: each must come to the engine's own result.

    python3 client_hooks.py ENGINE PROGRAM ROOT

Prints the engine's trades and net result as JSON, or a line that begins with SKIPPED.
"""

import json
import math
import re
import sys
import textwrap
from datetime import datetime, timedelta, timezone

import dtlearn_client

ENGINE, PROGRAM, ROOT = sys.argv[1:]
learn = dtlearn_client.Dtlearn(root=ROOT, program=PROGRAM, timeout=60)


def hook():
    """The lines of the docstring that stand below the engine's name."""
    lines = dtlearn_client.__doc__.splitlines()
    start = next(n for n, line in enumerate(lines) if re.match(re.escape(ENGINE) + r"\b", line)) + 1
    end = next(n for n in range(start, len(lines) + 1) if n == len(lines) or not lines[n].strip())
    code = lines[start:end]
    assert 1 <= len(code) <= 5, code
    return textwrap.dedent("\n".join(code))


def method(name, **known):
    """The hook as a function, beside what a strategy of the engine has imported."""
    space = dict(known, learn=learn)
    exec(hook(), space)  # noqa: S102
    return space[name]


def prices(count):
    return [100 + 8 * math.sin(n / 5) + n * 0.05 for n in range(count)]


def done(trades, net):
    print(json.dumps({"trades": trades, "net": net}))


def backtesting_py():
    import pandas
    from backtesting import Backtest, Strategy

    close = pandas.Series(prices(200), index=pandas.date_range("2025-01-01", periods=200, freq="h"))
    data = pandas.DataFrame({"Open": close, "High": close + 1, "Low": close - 1, "Close": close, "Volume": 1.0})

    class Turns(Strategy):
        def init(self):
            pass

        def next(self):
            if len(self.data) % 20 == 5:
                (self.buy if len(self.data) % 40 == 5 else self.sell)(size=3)
            elif len(self.data) % 20 == 15:
                self.position.close()

    stats = Backtest(data, Turns, cash=10_000, commission=0.001, finalize_trades=True).run()
    exec(hook(), {"learn": learn, "stats": stats})  # noqa: S102
    done(len(stats._trades), float(stats._trades.PnL.sum()))


def backtrader():
    import backtrader as bt
    import pandas

    close = pandas.Series(prices(120), index=pandas.date_range("2025-01-01", periods=120, freq="D"))
    frame = pandas.DataFrame({"open": close, "high": close + 1, "low": close - 1, "close": close, "volume": 1.0})
    closed = []

    class Turns(bt.Strategy):
        notify_order = method("notify_order", bt=bt)

        def next(self):
            if len(self) % 20 == 5:
                (self.buy if len(self) % 40 == 5 else self.sell)(size=3)
            elif len(self) % 20 == 15:
                self.close()

        def notify_trade(self, trade):
            if trade.isclosed:
                closed.append(trade.pnlcomm)

    cerebro = bt.Cerebro()
    cerebro.adddata(bt.feeds.PandasData(dataname=frame), name="TEST")
    cerebro.broker.setcommission(commission=0.001)
    cerebro.addstrategy(Turns)
    cerebro.run()
    done(len(closed), sum(closed))


def nautilus_trader():
    from decimal import Decimal

    from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
    from nautilus_trader.config import LoggingConfig
    from nautilus_trader.model.currencies import USD
    from nautilus_trader.model.data import Bar, BarType
    from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
    from nautilus_trader.model.identifiers import Venue
    from nautilus_trader.model.objects import Money, Price, Quantity
    from nautilus_trader.test_kit.providers import TestInstrumentProvider
    from nautilus_trader.trading.strategy import Strategy

    instrument = TestInstrumentProvider.equity(symbol="AAPL", venue="XNAS")
    kind = BarType.from_str(f"{instrument.id}-1-MINUTE-LAST-EXTERNAL")
    bars = []
    for n, price in enumerate(prices(200)):
        at = 1_740_000_000_000_000_000 + n * 60_000_000_000
        price = Price(round(price, 2), 2)
        bars.append(Bar(kind, price, price, price, price, Quantity.from_int(1_000), at, at))

    class Turns(Strategy):
        on_order_filled = method("on_order_filled")
        seen = 0

        def on_start(self):
            self.subscribe_bars(kind)

        def on_bar(self, bar):
            self.seen += 1
            is_long = self.seen % 40 == 5
            if self.seen % 20 == 5:
                side = OrderSide.BUY if is_long else OrderSide.SELL
            elif self.seen % 20 == 15:
                side = OrderSide.SELL if self.seen % 40 == 15 else OrderSide.BUY
            else:
                return
            self.submit_order(self.order_factory.market(instrument.id, side, Quantity.from_int(10)))

    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(Venue("XNAS"), OmsType.NETTING, AccountType.MARGIN, [Money(100_000, USD)], USD, Decimal(1))
    engine.add_instrument(instrument)
    engine.add_data(bars)
    engine.add_strategy(Turns())
    engine.run()
    cache = engine.cache
    closed = [*cache.position_snapshots(), *cache.positions_closed()]
    done(len(closed), sum(position.realized_pnl.as_double() for position in closed))


def freqtrade():
    from freqtrade.persistence import LocalTrade, Order, disable_database_use

    disable_database_use("5m")
    order_filled = method("order_filled")
    net, fee, began = 0.0, 0.001, datetime(2025, 3, 3, tzinfo=timezone.utc)
    path = prices(200)
    for number, at in enumerate(range(0, 160, 20)):
        is_short = number % 2 == 1
        opened, closed = began + timedelta(minutes=5 * at), began + timedelta(minutes=5 * (at + 12))
        trade = LocalTrade(
            pair="ETH/USDT", open_rate=path[at], amount=2.0, stake_amount=2.0 * path[at], fee_open=fee, fee_close=fee,
            open_date=opened, exchange="binance", is_short=is_short, leverage=1.0, strategy="Turns", id=number + 1,
        )
        for side, rate, when in [(trade.entry_side, path[at], opened), (trade.exit_side, path[at + 12], closed)]:
            order = Order(
                ft_order_side=side, ft_pair=trade.pair, ft_is_open=False, order_id=f"{number}-{side}", status="closed",
                symbol=trade.pair, side=side, price=rate, average=rate, amount=2.0, filled=2.0, ft_amount=2.0, ft_price=rate,
                order_date=when, order_filled_date=when, cost=2.0 * rate,
            )
            order_filled(None, pair=trade.pair, trade=trade, order=order, current_time=when)
        net += trade.calc_profit(path[at + 12])
    done(8, net)


def jesse():
    import jesse.helpers as jh
    from jesse import research
    from jesse.factories import candles_from_close_prices
    from jesse.strategies import Strategy

    class Turns(Strategy):
        on_close_position = method("on_close_position")

        def should_long(self):
            return self.index % 20 == 5

        def should_short(self):
            return False

        def go_long(self):
            self.buy = 2, self.price

        def go_short(self):
            pass

        def update_position(self):
            if self.index % 20 == 15:
                self.liquidate()

    name, symbol = "Binance Perpetual Futures", "ETH-USDT"
    config = {
        "starting_balance": 10_000, "fee": 0.001, "type": "futures", "futures_leverage": 1,
        "futures_leverage_mode": "cross", "exchange": name, "warm_up_candles": 0,
    }
    routes = [{"exchange": name, "strategy": Turns, "symbol": symbol, "timeframe": "1m"}]
    candles = {jh.key(name, symbol): {"exchange": name, "symbol": symbol, "candles": candles_from_close_prices(prices(200))}}
    result = research.backtest(config, routes, [], candles)
    trades = result["trades"]
    done(len(trades), sum(trade["PNL"] for trade in trades))


RUNS = {
    "backtesting.py": backtesting_py,
    "backtrader": backtrader,
    "nautilus_trader": nautilus_trader,
    "freqtrade": freqtrade,
    "jesse": jesse,
}
try:
    RUNS[ENGINE]()
except ImportError as error:
    print(f"SKIPPED: {ENGINE} is not installed: {error}")
