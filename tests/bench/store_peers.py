"""Times dtlearn beside DuckDB, Polars, pandas, plain Python and the sqlite3 shell, on the same files.

    cargo build --release --locked
    cargo bench --bench outcomes -- /tmp/m1 1000000
    python3 -m venv venv && venv/bin/pip install duckdb polars pandas
    venv/bin/python tests/bench/store_peers.py target/release/dtlearn /tmp/m1 [CASE ...]

Cases: sealed, members, checkpoint, views, record, writers, score, pricing; all of them when none is named. `views`
is every report on a store with a checkpoint; `record` has a floor too, a program of twenty lines of C (compiled by
`cc` where there is one) that locks, appends a member and syncs; `score` and `pricing` make stores of their own. Runs alternate, so that a
machine that slows down slows all of them; of each figure the median is printed, and of each peer the median of
the ratios dtlearn / peer of each round. ROUNDS (5) and SLOW_ROUNDS (1; pandas and plain Python) set how many.
Where the machine has other work, the ratios of processor seconds say more; both are printed. Peers read the file
and make, for ten groupings, trades, wins, P&L, mean result, mean holding time and mean confidence; dtlearn makes
all of its figures for its five windows. DuckDB and Polars use all cores, as dtlearn does.
"""

import gzip
import json
import multiprocessing
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

NOW = "2026-03-02T21:05:00Z"
ROUNDS = int(os.environ.get("ROUNDS", "5"))
SLOW_ROUNDS = int(os.environ.get("SLOW_ROUNDS", "1"))
GROUPS = ["symbol", "sector", "regime", "time_of_day", "setup", "side", "exit_reason", "strategy", "variant", "bucket"]
LOG = "trade_outcomes.jsonl.gz"


# The peers, each run in a process of its own.


def peer_duckdb(path):
    import duckdb

    con = duckdb.connect()
    con.execute(
        "create temp table t as select symbol, sector, regime, time_of_day, setup, side, exit_reason, strategy, variant,"
        " cast(floor(model_confidence * 10) as int) bucket, success, pnl, pnl_pct, hold_duration_minutes held,"
        f" model_confidence from read_json('{path}', format='newline_delimited', compression='gzip')"
    )
    for key in GROUPS:
        con.execute(
            f"select {key}, count(*), sum(success::int), sum(pnl), avg(pnl_pct), avg(held), avg(model_confidence)"
            " from t group by 1"
        ).fetchall()


def peer_polars(path):
    import polars as pl

    columns = [key for key in GROUPS if key != "bucket"]
    columns += ["success", "pnl", "pnl_pct", "hold_duration_minutes", "model_confidence"]
    bucket = (pl.col("model_confidence") * 10).floor().alias("bucket")
    frame = pl.scan_ndjson(path).select(*columns, bucket).collect()
    for key in GROUPS:
        frame.group_by(key).agg(
            pl.len(),
            pl.col("success").sum(),
            pl.col("pnl").sum(),
            pl.col("pnl_pct").mean(),
            pl.col("hold_duration_minutes").mean(),
            pl.col("model_confidence").mean(),
        )


def peer_pandas(path):
    import pandas as pd

    frame = pd.read_json(path, lines=True)
    frame["bucket"] = (frame["model_confidence"] * 10).astype(int)
    for key in GROUPS:
        frame.groupby(key).agg(
            {"success": ["size", "sum"], "pnl": "sum", "pnl_pct": "mean", "hold_duration_minutes": "mean", "model_confidence": "mean"}
        )


def peer_python(path):
    sums = [{} for _ in GROUPS]
    with gzip.open(path, "rt") as lines:
        for line in lines:
            trade = json.loads(line)
            trade["bucket"] = int(trade["model_confidence"] * 10)
            for key, groups in zip(GROUPS, sums):
                tally = groups.setdefault(trade[key], [0, 0, 0.0, 0.0, 0.0, 0.0])
                tally[0] += 1
                tally[1] += trade["success"]
                tally[2] += trade["pnl"]
                tally[3] += trade["pnl_pct"]
                tally[4] += trade["hold_duration_minutes"]
                tally[5] += trade["model_confidence"]


def peer_record(folder):
    """What an engine's own Python does at an exit: one member more, and the aggregates replaced; no lock, no sync."""
    folder = pathlib.Path(folder)
    trade = json.loads(sys.stdin.read())
    sign = 1 if trade["side"] == "LONG" else -1
    frac = sign * (trade["exit_price"] - trade["entry_price"]) / trade["entry_price"]
    trade["pnl_pct"], trade["pnl"] = frac, frac * trade["entry_price"] * trade["qty"]
    trade["success"] = trade["pnl"] > 0
    with gzip.open(folder / LOG, "at") as log:
        log.write(json.dumps(trade) + "\n")
    path = folder / "metrics.json"
    metrics = json.loads(path.read_text()) if path.exists() else {}
    for key in ["all"] + [f"{name}={trade.get(name)}" for name in GROUPS]:
        tally = metrics.setdefault(key, [0, 0, 0.0, 0.0])
        metrics[key] = [tally[0] + 1, tally[1] + trade["success"], tally[2] + trade["pnl"], tally[3] + frac]
    temporary = folder / "metrics.json.tmp"
    temporary.write_text(json.dumps(metrics))
    temporary.replace(path)


# Measuring.


def run(command, stdin=b""):
    """Wall seconds, processor seconds and peak MiB (not less than this program's own, about 15) of a process."""
    begin = time.perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    child.stdin.write(stdin)
    child.stdin.close()
    said = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command}: {child.returncode}\n{said.decode()}")
    return time.perf_counter() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def dtlearn(root, *arguments):
    return [PROGRAM, "--root", str(root), "--now", NOW, *arguments]


def peer(name, path):
    return [sys.executable, __file__, "--peer", name, str(path)]


def compare(title, contenders, rounds):
    """`contenders` are (name, rounds, prepare, command, stdin); the first one is dtlearn."""
    print(f"\n{title}\n{'':24}{'wall s':>9}{'cpu s':>9}{'peak MiB':>10}{'dtlearn / it':>14}{'in cpu':>9}")
    seen = {name: [] for name, *_ in contenders}
    for turn in range(rounds):
        for name, turns, prepare, command, stdin in contenders:
            if turn < turns:
                prepare()
                seen[name].append(run(command, stdin))
    first = seen[contenders[0][0]]
    for name, figures in seen.items():
        if not figures:
            continue
        wall, cpu, peak = (statistics.median(figure[at] for figure in figures) for at in range(3))
        ratio, in_cpu = (statistics.median(mine[at] / its[at] for mine, its in zip(first, figures)) for at in range(2))
        print(f"{name:24}{wall:9.4f}{cpu:9.4f}{peak:10.1f}{ratio:14.3f}{in_cpu:9.3f}")


def nothing():
    pass


def readers(path):
    return [
        ("DuckDB", ROUNDS, nothing, peer("duckdb", path), b""),
        ("Polars", ROUNDS, nothing, peer("polars", path), b""),
        ("pandas", SLOW_ROUNDS, nothing, peer("pandas", path), b""),
        ("Python", SLOW_ROUNDS, nothing, peer("python", path), b""),
    ]


def case_sealed(root):
    hidden = root / "dt_learning" / ".dtlearn"
    forget = lambda: shutil.rmtree(hidden, ignore_errors=True)
    mine = ("dtlearn analyze", ROUNDS, forget, dtlearn(root, "analyze"), b"")
    compare("every figure, sealed blocks, without a checkpoint", [mine, *readers(root / "dt_learning" / LOG)], ROUNDS)


def case_members(root):
    """Read by a report, which leaves the file as it is; `analyze` would pack it."""
    written = root.with_name(root.name + "-members")
    path = written / "dt_learning" / LOG
    if not path.exists():
        path.parent.mkdir(parents=True)
        with gzip.open(root / "dt_learning" / LOG, "rt") as lines, open(path, "wb") as log:
            for line in lines:
                log.write(gzip.compress((json.dumps(json.loads(line)) + "\n").encode(), 6))
    mine = ("dtlearn report", ROUNDS, nothing, dtlearn(written, "report", "metrics"), b"")
    compare("every figure, one member a record as Python writes them", [mine, *readers(path)], ROUNDS)


def event(number):
    """An exit after all that are in the store."""
    ms = 61_000 + number * 200
    return {
        "symbol": "MSFT", "side": "LONG", "entry_price": 100.0, "exit_price": 100.0 + number % 7 - 3, "qty": 10,
        "entry_timestamp": "2026-03-02T20:01:00Z", "timestamp": f"2026-03-02T21:{ms // 60_000:02}:{ms % 60_000 / 1000:06.3f}Z",
        "confidence": 0.61, "regime": "trend", "sector": "Technology", "exit_reason": "eod", "setup": "orb",
        "strategy": "intraday", "variant": "control", "time_of_day": "close", "trade_id": f"N{number}",
    }  # fmt: skip


def case_checkpoint(root):
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:
        copy = pathlib.Path(folder)
        shutil.copytree(root, copy, dirs_exist_ok=True)
        run(dtlearn(copy, "analyze"))
        new = "".join(json.dumps(event(number)) + "\n" for number in range(1000))
        for at in range(0, 1000, 100):
            run(dtlearn(copy, "record-exit"), "\n".join(new.split("\n")[at : at + 100]).encode())
        compare(
            "with a checkpoint and 1,000 new records",
            [
                ("dtlearn analyze", ROUNDS, nothing, dtlearn(copy, "analyze"), b""),
                ("dtlearn report metrics", ROUNDS, nothing, dtlearn(copy, "report", "metrics"), b""),
                ("dtlearn brain-adjust", ROUNDS, nothing, dtlearn(copy, "brain-adjust", "--dry-run", "--force"), b""),
                ("dtlearn doctor", ROUNDS, nothing, dtlearn(copy, "doctor"), b""),
            ],
            ROUNDS,
        )


VIEWS = ["summary", "metrics", "trades", "missed", "history", "brain", "model", "retrains", "health", "patterns", "post-market"]


def case_views(root):
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:
        copy = pathlib.Path(folder) / root.name
        shutil.copytree(root, copy)
        run(dtlearn(copy, "analyze"))
        views = [(f"report {view}", ROUNDS, nothing, dtlearn(copy, "report", view), b"") for view in VIEWS]
        page = dtlearn(copy, "report", "--html", str(pathlib.Path(folder) / "page.html"))
        others = [("report --html", ROUNDS, nothing, page, b""), ("doctor", ROUNDS, nothing, dtlearn(copy, "doctor"), b"")]
        compare("every report (dtlearn / it is the first one's)", [*views, *others], ROUNDS)


def case_score(_):
    """The planted picks, with a model trained on them."""
    planted = pathlib.Path(__file__).resolve().parents[2] / "fixtures" / "planted" / "10000"
    picks = gzip.decompress((planted / "signals.jsonl.gz").read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        now = ["--now", "2026-12-31T22:00:00Z", "--quiet"]
        mine = lambda *arguments: [PROGRAM, "--root", folder, *now, *arguments]
        run(mine("record-signal"), picks)
        run(mine("record-exit"), gzip.decompress((planted / "exits.jsonl.gz").read_bytes()))
        run(mine("retrain", "--force", "--days", "999"))
        size = sum(path.stat().st_size for path in pathlib.Path(folder).glob("dt_learning/models/**/*.json*"))
        lines = picks.splitlines(keepends=True)
        alone = [run(mine("score"), lines[number])[0] for number in range(50)]
        stream = subprocess.Popen(mine("score", "--stream"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        waits = []
        for line in lines:
            begin = time.perf_counter()
            stream.stdin.write(line)
            stream.stdin.flush()
            stream.stdout.readline()
            waits.append(time.perf_counter() - begin)
        stream.stdin.close()
        stream.wait()
        whole = run(mine("score"), picks)[0]
        waits.sort()
        print(f"\nscore: models {size / 1024:.0f} KiB; a process for one pick {statistics.median(alone) * 1e3:.2f} ms;"
              f" on the stream median {waits[len(waits) // 2] * 1e6:.0f} us, p99 {waits[len(waits) * 99 // 100] * 1e6:.0f} us,"
              f" there and back; {len(lines)} picks at once {whole:.3f} s")  # fmt: skip


def case_pricing(_):
    """10,000 missed signals of five sessions against a bar a minute of 60 symbols."""
    days = [f"2026-02-{day:02}" for day in (23, 24, 25, 26, 27)]
    clock = lambda minute: f"{14 + (30 + minute) // 60:02}:{(30 + minute) % 60:02}:00Z"
    with tempfile.TemporaryDirectory() as folder:
        bars = pathlib.Path(folder) / "bars.csv"
        with open(bars, "w") as out:
            out.write("symbol,timestamp,open,high,low,close,volume\n")
            for day in days:
                for minute in range(390):
                    for symbol in range(60):
                        price = 100 + (minute * (symbol + 7) % 41) / 20
                        out.write(f"SYM{symbol:02},{day}T{clock(minute)},{price},{price + 0.3:.2f},{price - 0.3:.2f},{price},1000\n")
        missed = []
        for number in range(10_000):
            day, minute = days[number % 5], number * 7 % 380
            missed.append(json.dumps({"signal_id": f"m{number}", "symbol": f"SYM{number % 60:02}", "timestamp": f"{day}T{clock(minute)}",
                                      "label": "BUY" if number % 2 else "SELL", "confidence": 0.7, "price": 101.0, "reason": "conf"}))  # fmt: skip
        mine = lambda *arguments: [PROGRAM, "--root", folder, "--now", NOW, "--quiet", *arguments]
        run(mine("track-missed"), "\n".join(missed).encode())
        wall, cpu, peak = run(mine("analyze", "--prices", str(bars)))
        print(f"\npricing 10,000 missed signals against {60 * 390 * 5:,} bars: {wall:.3f} s, cpu {cpu:.3f} s, peak {peak:.0f} MiB")


FLOOR = r"""
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
int main(int count, char **words) { /* FOLDER: what stands on stdin, as a member, behind the log */
    char path[4096], record[65536];
    ssize_t size = read(0, record, sizeof record);
    snprintf(path, sizeof path, "%s/lock", words[1]);
    int lock = open(path, O_RDWR | O_CREAT, 0600);
    if (size <= 0 || flock(lock, LOCK_EX)) return 1;
    snprintf(path, sizeof path, "%s/log", words[1]);
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    return write(log, record, size) != size || fdatasync(log);
}
"""


def floor(folder):
    """The least that keeps a record, as a program; None without a compiler."""
    if not shutil.which("cc"):
        return None
    (folder / "floor.c").write_text(FLOOR)
    subprocess.run(["cc", "-O2", "-o", str(folder / "floor"), str(folder / "floor.c")], check=True)
    return [str(folder / "floor"), str(folder)]


SQL = """pragma journal_mode=wal; pragma synchronous=full;
create table if not exists trades(id text primary key, symbol text, side text, entry real, exit real, qty real, pnl real, at text, line text);
create table if not exists sums(key text primary key, trades int, wins int, pnl real);
begin; insert into trades values('{id}','MSFT','LONG',100,101,10,10,'2026-03-02T20:30:00Z','{line}');
insert into sums values('all',1,1,10),('symbol=MSFT',1,1,10),('regime=trend',1,1,10) on conflict(key) do update set
trades=trades+1, wins=wins+1, pnl=pnl+10; commit;"""


def case_record(root):
    """The same exits, one process each, into logs of different length."""
    rounds = max(ROUNDS * 8, 20)
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:
        stores = [("0 records", pathlib.Path(folder) / "empty")]
        for name in [root.name.replace("m1", "k100"), root.name]:
            if (root.with_name(name) / "dt_learning" / LOG).exists() and name not in [s.name for _, s in stores]:
                copy = pathlib.Path(folder) / name
                shutil.copytree(root.with_name(name), copy)
                run(dtlearn(copy, "analyze"))
                stores.append((name, copy))
        python, sqlite = pathlib.Path(folder) / "python", pathlib.Path(folder) / "sqlite"
        python.mkdir()
        sqlite.mkdir()
        least = floor(pathlib.Path(folder))
        # Of each contender its command, and what it is fed.
        contenders = {f"dtlearn, {name}": (dtlearn(store, "record-exit"), lambda _, exit: exit) for name, store in stores}
        if least:
            contenders["floor"] = (least, lambda _, exit: gzip.compress(exit))
        contenders["Python"] = (peer("record", python), lambda _, exit: exit)
        if shutil.which("sqlite3"):
            sql = lambda number, exit: SQL.format(id=number, line=exit.decode()).encode()  # noqa: E731
            contenders["sqlite3"] = (["sqlite3", str(sqlite / "db")], sql)
        seen = {name: [] for name in contenders}
        for number in range(rounds):
            exit = json.dumps(event(number)).encode()
            # Whoever comes after a large program finds its own code out of the caches: each comes after each.
            names = list(contenders)
            names = names[number % len(names):] + names[: number % len(names)]
            for name in names[:: -1 if number // len(names) % 2 else 1]:
                command, feed = contenders[name]
                seen[name].append(run(command, feed(number, exit)))
        heading = f"{'wall ms':>9}{'cpu ms':>9}{'peak MiB':>10}{'first / it':>14}{'it / first':>14}"
        print(f"\none exit, whole process\n{'':24}{heading}")
        first = next(iter(seen.values()))
        for name, figures in seen.items():
            wall, cpu, peak = (statistics.median(figure[at] for figure in figures) for at in range(3))
            ratio = statistics.median(mine[0] / its[0] for mine, its in zip(first, figures))
            print(f"{name:24}{wall * 1e3:9.2f}{cpu * 1e3:9.2f}{peak:10.1f}{ratio:14.3f}{1 / ratio:14.3f}")


def writer(root, name, count, seconds):
    for number in range(count):
        exit = {**event(number), "trade_id": f"{name}-{number}"}
        seconds.append(run(dtlearn(root, "record-exit"), json.dumps(exit).encode())[0])


def case_writers(root):
    with tempfile.TemporaryDirectory(dir=root.parent) as folder, multiprocessing.Manager() as manager:
        seconds = manager.list()
        count = 100
        writers = [multiprocessing.Process(target=writer, args=(folder, name, count, seconds)) for name in range(8)]
        begin = time.perf_counter()
        for one in writers:
            one.start()
        for one in writers:
            one.join()
        whole = time.perf_counter() - begin
        run(dtlearn(folder, "analyze"))
        with gzip.open(pathlib.Path(folder) / "dt_learning" / LOG, "rt") as lines:
            stored = len({json.loads(line)["trade_id"] for line in lines})
        seconds = sorted(seconds)
        p99 = seconds[int(len(seconds) * 0.99)] * 1e3
        print(f"\n8 writers: {8 * count / whole:.0f} records/s, p99 {p99:.1f} ms, {stored} of {8 * count} stored")


CASES = {
    "sealed": case_sealed, "members": case_members, "checkpoint": case_checkpoint, "views": case_views,
    "record": case_record, "writers": case_writers, "score": case_score, "pricing": case_pricing,
}  # fmt: skip

if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        globals()[f"peer_{sys.argv[2]}"](sys.argv[3])
    elif len(sys.argv) < 3:
        sys.exit(__doc__)
    else:
        PROGRAM, root = os.path.abspath(sys.argv[1]), pathlib.Path(os.path.abspath(sys.argv[2]))
        for name in sys.argv[3:] or CASES:
            CASES[name](root)
