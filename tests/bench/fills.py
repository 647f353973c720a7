"""Times `import` of a desk's fills beside plain Python that reads and nets the same file, and measures its peak memory.

    cargo build --release --locked
    python3 tests/bench/fills.py target/release/dtlearn [FILLS]

The desk trades 40 symbols over 250 sessions, 100 fills of each a session (1,000,000 by default): orders that are filled in
up to three parts, positions that are added to, closed in parts, turned round and held over night. The same fills come out
each time. Python reads the rows, nets them at average cost and adds up what was made, and stores nothing; dtlearn stores
every fill and every trade that they close, durably and packed, with the figures of all trades. Runs alternate, so that a
machine that slows down slows both; of each figure the median of ROUNDS (3) is printed. Where the machine has other work,
processor seconds say more than the clock.
"""

import csv
import datetime
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = int(os.environ.get("ROUNDS", "3"))
NOW = "2027-01-04T22:00:00Z"
SYMBOLS, OF_A_SESSION = 40, 100


def orders(chance, held):
    """Orders of a symbol in a session: whether each buys, its parts, and what is held then. Most days end flat."""
    count = 0
    while count < OF_A_SESSION - 1:
        is_buy = chance.random() < 0.5
        quantity = chance.choice([100, 100, 200, 300, 500])
        if held and chance.random() < 0.4:
            is_buy, quantity = held < 0, abs(held)
        elif abs(held) > 400:
            is_buy = held < 0
        first = quantity // 2 if chance.random() < 0.5 else quantity
        second = (quantity - first) // 2 if chance.random() < 0.5 else quantity - first
        parts = [part for part in (first, second, quantity - first - second) if part]
        parts = parts[: OF_A_SESSION - 1 - count]
        held += sum(parts) if is_buy else -sum(parts)
        count += len(parts)
        yield is_buy, parts, held
    if held and chance.random() < 0.8:
        yield held < 0, [abs(held)], 0


def write(path, fills):
    """Writes the executions of a desk, in the order of their times."""
    chance = random.Random(7)
    prices = [50 + 200 * chance.random() for _ in range(SYMBOLS)]
    held = [0] * SYMBOLS
    day, number, order = datetime.date(2026, 1, 2), 0, 0
    with open(path, "w") as out:
        out.write("exec_id,order_id,account,strategy,symbol,side,qty,price,commission,time\n")
        while number < fills:
            rows = []
            for symbol in range(SYMBOLS):
                made = []
                for is_buy, parts, held[symbol] in orders(chance, held[symbol]):
                    order += 1
                    made += [(order, is_buy, part) for part in parts]
                times = sorted(chance.random() * 23_390 for _ in made)
                rows += [(at, symbol, *fill) for at, fill in zip(times, made)]
            rows.sort()
            start = datetime.datetime(day.year, day.month, day.day, 14, 30)
            for at, symbol, of, is_buy, quantity in rows[: fills - number]:
                number += 1
                prices[symbol] *= 1 + chance.gauss(0, 0.0004)
                moment = (start + datetime.timedelta(seconds=at)).isoformat(timespec="milliseconds")
                side = "BUY" if is_buy else "SELL"
                out.write(
                    f"E{number:08d},O{of},U1,orb,S{symbol:02d},{side},{quantity},{prices[symbol]:.2f},"
                    f"{quantity * 0.005:.3f},{moment}Z\n"
                )
            day += datetime.timedelta(days=3 if day.weekday() == 4 else 1)


def peer(path):
    """Reads and nets the fills at average cost; prints how many trades they close and what those made after fees."""
    books, trades, made = {}, 0, 0.0
    with open(path) as rows:
        for row in csv.DictReader(rows):
            key = (row["account"], row["strategy"], row["symbol"])
            quantity, price, fee = float(row["qty"]), float(row["price"]), float(row["commission"])
            datetime.datetime.fromisoformat(row["time"])
            signed = quantity if row["side"] == "BUY" else -quantity
            held, cost, fees = books.get(key, (0.0, 0.0, 0.0))
            share = fee / quantity
            if held * signed < 0:
                closed = min(abs(held), quantity)
                part = fees * closed / abs(held)
                made += (price - cost) * (closed if held > 0 else -closed) - part - share * closed
                trades += 1
                fees -= part
                held += closed if signed > 0 else -closed
                signed -= closed if signed > 0 else -closed
            if signed:
                cost = (cost * abs(held) + price * abs(signed)) / (abs(held) + abs(signed))
                held, fees = held + signed, fees + share * abs(signed)
            books[key] = (held, cost, fees)
    print(json.dumps({"trades": trades, "net": made}))


def timed(command, **options):
    """Seconds by the clock, seconds of processor and peak MiB of a command, and what it printed."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, **options)
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, said
    return time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, json.loads(said)


def main():
    program, fills = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "fills.csv")
        write(path, fills)
        for number in range(ROUNDS):
            root = pathlib.Path(folder, f"r{number}")
            command = [program, "--root", root, "--now", NOW, "-q", "import", path, "--format", "json"]
            ours.append(timed(command))
            theirs.append(timed([sys.executable, __file__, "peer", path]))
            result, netted = ours[-1][3], theirs[-1][3]
            assert (result["stored"], result["trades"]) == (fills, netted["trades"]), (result, netted)
            totals = timed([program, "--root", root, "--now", NOW, "report", "metrics", "--format", "json"])
            net = totals[3]["windows"]["all"]["global_metrics"]["total_pnl"]
            assert abs(net - netted["net"]) < 1e-6 * fills, (net, netted)
    median = lambda runs, what: statistics.median(run[what] for run in runs)
    print(f"import of {fills} fills: {median(ours, 0):.2f} s, {median(ours, 1):.2f} s of processor, {median(ours, 2):.0f} MiB")
    print(f"plain Python, reading and netting alone: {median(theirs, 0):.2f} s, {median(theirs, 1):.2f} s of processor")
    for what, word in ((0, "clock"), (1, "processor")):
        ratio = statistics.median(one[what] / other[what] for one, other in zip(ours, theirs))
        print(f"dtlearn / Python by the {word}: {ratio:.2f}")


if __name__ == "__main__":
    peer(sys.argv[2]) if sys.argv[1:2] == ["peer"] else main()
