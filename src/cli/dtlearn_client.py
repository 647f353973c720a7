"""Hands what a trading engine does to dtlearn. One file, the standard library, no call raises into the engine.

    from dtlearn_client import Dtlearn
    learn = Dtlearn(root="/srv/engine/da_brains")
    learn.signal(signal_id="s-9", symbol="MSFT", side="LONG", entry_price=105.27, timestamp=now, features={"rsi": 31})
    learn.fill(fill_id="e-17", symbol="MSFT", side="BUY", qty=100, price=105.27, fees=0.5, timestamp=now, signal_id="s-9")
    learn.exit(trade_id="t-1", symbol="MSFT", side="LONG", entry_price=105.27, exit_price=105.54, qty=100, exit_time=now)
    learn.missed("max_positions", symbol="KO", label="BUY", confidence=0.71, price=45.1, timestamp=now)
    learn.news(symbol="MSFT", sentiment=0.6, source="wire", headline_id="n-17", timestamp=now)
    learn.score(symbol="MSFT", side="LONG", timestamp=now, features={"rsi": 31})

Record the fills of a position, or its exit: not both. A datetime without a zone is in the zone of the client, UTC unless
it is told another. What cannot be handed over is kept in `<root>/unsent` and sent with the next call that succeeds; with
ids (fill_id, trade_id, signal_id) nothing counts twice.

Hooks, each in a strategy of the engine; a backtest into a folder of its own, so that its trades are not those of the desk:

nautilus_trader
    def on_order_filled(self, event):
        learn.fill(fill_id=event.trade_id, order_id=event.client_order_id, symbol=event.instrument_id,
                   side=event.order_side.name, qty=event.last_qty, price=event.last_px, fees=event.commission,
                   timestamp=event.ts_event, strategy=event.strategy_id, account=event.account_id)

backtrader
    def notify_order(self, order):
        if order.status == order.Completed:
            x, side = order.executed, "BUY" if order.isbuy() else "SELL"
            learn.fill(fill_id=f"{x.dt}-{order.ref}", symbol=order.data._name, side=side, qty=abs(x.size), price=x.price,
                       fees=x.comm, timestamp=bt.num2date(x.dt))

freqtrade
    def order_filled(self, pair, trade, order, current_time, **kwargs):
        value = order.safe_filled * order.safe_price
        learn.fill(fill_id=order.order_id, symbol=pair, side=order.ft_order_side, qty=order.safe_filled,
                   price=order.safe_price, fees=value * trade.fee_open, timestamp=current_time, strategy=trade.strategy)

jesse
    def on_close_position(self, order, t):
        learn.exit(trade_id=t.id, symbol=t.symbol, side=t.type, entry_price=t.entry_price, exit_price=t.exit_price,
                   qty=t.qty, fees=t.fee, entry_time=int(t.opened_at), exit_time=int(t.closed_at))

backtesting.py, after a run
    for t in stats._trades.itertuples():
        learn.exit(symbol="EURUSD", side="LONG" if t.Size > 0 else "SHORT", qty=abs(t.Size), entry_price=t.EntryPrice,
                   exit_price=t.ExitPrice, pnl=t.PnL, entry_time=t.EntryTime, exit_time=t.ExitTime)
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
from datetime import date, datetime, timezone, tzinfo
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Union

__all__ = ["Answer", "Dtlearn"]

_LOG = logging.getLogger("dtlearn")

# Stored, or in part: dtlearn has the record. Where it answers 1, it keeps what it refused, with the reason.
_DONE, _FAILED, _PART = 0, 1, 3


class Answer(NamedTuple):
    """What became of a call."""

    ok: bool
    """Whether it was done. False where the record was refused, or is kept to be sent later."""
    data: Dict[str, Any]
    """What dtlearn answered."""
    error: Optional[str]
    """Why it was not done."""


class Dtlearn:
    """A store, by its root folder.

    program: the program, or it and its first arguments.
    timeout: seconds that a call may take.
    zone: the zone of datetimes that have none.
    """

    def __init__(
        self,
        root: str = "da_brains",
        program: Union[str, Sequence[str]] = "dtlearn",
        timeout: float = 5.0,
        zone: tzinfo = timezone.utc,
    ) -> None:
        self.root = root
        self.program: List[str] = [program] if isinstance(program, str) else list(program)
        self.timeout = timeout
        self.zone = zone

    def exit(self, **fields: Any) -> Answer:
        """Records a closed trade: symbol, side, entry_price, exit_price, qty, exit_time, and what else is known."""
        return self._record("record-exit", fields)

    def fill(self, **fields: Any) -> Answer:
        """Records an execution: fill_id, symbol, side (BUY or SELL), qty, price, fees, timestamp."""
        return self._record("record-fill", fields)

    def signal(self, **fields: Any) -> Answer:
        """Records a signal, traded or not: signal_id, symbol, timestamp, side, entry_price, features."""
        return self._record("record-signal", fields)

    def news(self, **fields: Any) -> Answer:
        """Records an item of news: timestamp, symbol or sector, sentiment (-1 to 1), source, headline_id."""
        return self._record("record-news", fields)

    def missed(self, reason: str, **fields: Any) -> Answer:
        """Records a strong signal that was not traded, and why: symbol, timestamp, label, confidence, price."""
        return self._record("track-missed", dict(fields, reason_not_traded=reason))

    def score(self, **fields: Any) -> Answer:
        """Scores a signal with the model in use; without one, or in doubt, the signal's own score comes back."""
        return self._ask("score", fields)

    def guard(self, **fields: Any) -> Answer:
        """Asks whether entries are allowed now."""
        return self._ask("guard", fields or None)

    def knobs(self) -> Dict[str, float]:
        """The knobs in force, by name; empty when they cannot be read."""
        done = self._run(["report", "brain", "--format", "env"], None)
        found: Dict[str, float] = {}
        for line in done.data.get("text", "").splitlines():
            name, _, value = line.partition("=")
            try:
                found[name.strip()] = float(value)
            except ValueError:
                continue
        return found

    def resend(self) -> int:
        """Sends what was kept; returns how many records are still kept."""
        left = 0
        try:
            folder = os.path.join(self.root, "unsent")
            for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
                command, ending = os.path.splitext(name)
                if ending != ".jsonl":
                    continue
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as kept:
                    lines = kept.read()
                if self._run([command, "--format", "json"], lines).ok:
                    os.remove(path)
                else:
                    left += len(lines.splitlines())
        except Exception as error:  # An engine is never stopped by its journal.
            _LOG.warning("dtlearn: what was kept is not sent: %s", error)
        return left

    def _record(self, command: str, fields: Dict[str, Any]) -> Answer:
        line = ""
        try:
            line = self._line(fields)
            done = self._run([command, "--format", "json"], line)
            if done.error is None or not done.error.startswith("not handed over"):
                if os.path.isdir(os.path.join(self.root, "unsent")):
                    self.resend()
                return done
        except Exception as error:
            done = Answer(False, {}, f"not handed over: {error}")
        self._keep(command, line)
        _LOG.warning("dtlearn: %s: %s", command, done.error)
        return done

    def _ask(self, command: str, fields: Optional[Dict[str, Any]]) -> Answer:
        try:
            return self._run([command, "--format", "json"], None if fields is None else self._line(fields))
        except Exception as error:
            return Answer(False, {}, f"not handed over: {error}")

    def _run(self, args: List[str], text: Optional[str]) -> Answer:
        command = [*self.program, "--root", self.root, *args]
        try:
            done = subprocess.run(
                command, input=(text or "").encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=self.timeout
            )
        except (OSError, subprocess.SubprocessError) as error:
            return Answer(False, {}, f"not handed over: {error}")
        said = done.stdout.decode("utf-8", "replace")
        try:
            data = json.loads(said)
        except ValueError:
            data = {"text": said}
        data = data if isinstance(data, dict) else {"answer": data}
        why = done.stderr.decode("utf-8", "replace").strip()
        is_refused = done.returncode == _FAILED and "refused" in data
        if done.returncode not in (_DONE, _PART) and not is_refused:
            return Answer(False, data, f"not handed over: {why}")
        return Answer(done.returncode == _DONE, data, None if done.returncode == _DONE else why)

    def _line(self, fields: Dict[str, Any]) -> str:
        known = {key: value for key, value in fields.items() if value is not None}
        return json.dumps(known, default=self._plain) + "\n"

    def _plain(self, value: Any) -> Any:
        """A value that JSON has no form for: times with their zone, numbers of numpy, anything else as text."""
        if isinstance(value, datetime):
            aware = value if value.tzinfo is not None else value.replace(tzinfo=self.zone)
            return aware.isoformat()
        if isinstance(value, date):
            return value.isoformat()
        plain = getattr(value, "item", None)
        return plain() if callable(plain) else str(value)

    def _keep(self, command: str, line: str) -> None:
        try:
            folder = os.path.join(self.root, "unsent")
            os.makedirs(folder, exist_ok=True)
            if line:
                with open(os.path.join(folder, command + ".jsonl"), "a", encoding="utf-8") as kept:
                    kept.write(line)
        except Exception as error:
            _LOG.error("dtlearn: lost a record, it could not be kept: %s: %s", error, line)
