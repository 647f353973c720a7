"""Fits other learners on planted picks: the first 70 % of the rows in time order, and scores the rest.

    python3 -m venv venv && venv/bin/pip install scikit-learn lightgbm xgboost
    venv/bin/python tests/bench/learner_peers.py [SIZE…]

A size is 1000 or 10000 (the fixtures) or another number of rows, for which picks with a known chance are made first
in the folder that DTLEARN_BENCH_PLANTED names; `cargo bench --bench learner` reads them there too. Prints, for each
size and learner, seconds of one fit, the most memory that loading and fitting needed, AUC and Brier score; beside the
true chance where it is known. SIGNED=1 gives them the columns that dtlearn derives from the side as well. The threads
are those of OMP_NUM_THREADS, 2 if it is not set. With DTLEARN naming the program it also sends the picks and exits to
a store and runs `dtlearn retrain --force` on it, as a process.
"""

import datetime as dt
import gzip
import itertools
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
from zoneinfo import ZoneInfo

THREADS = os.environ.setdefault("OMP_NUM_THREADS", "2")
FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "fixtures" / "planted"
MADE = pathlib.Path(os.environ.get("DTLEARN_BENCH_PLANTED", tempfile.gettempdir() + "/dtlearn-planted"))
NEW_YORK = ZoneInfo("America/New_York")
FEATURES = 46  # and the side


def records(path):
    with gzip.open(path, "rt") as lines:
        return [json.loads(line) for line in lines]


def make(folder, rows):
    """Picks of 80 sessions whose chance depends on nine of their features, five of them by the side."""
    import numpy as np
    from sklearn.metrics import brier_score_loss, roc_auc_score
    random = np.random.default_rng(7)
    values = random.standard_normal((rows, FEATURES))
    values[:, ::5] = np.round(values[:, ::5])
    side = random.integers(0, 2, rows) * 2 - 1
    odds = 0.35 * values[:, 0] - 0.3 * values[:, 1] + 0.25 * (values[:, 2] > 1) - 0.2 * np.abs(values[:, 3])
    odds += side * (0.3 * values[:, 4] - 0.25 * values[:, 5] + 0.2 * values[:, 6] - 0.2 * values[:, 7] + 0.15 * values[:, 8])
    chance = 1 / (1 + np.exp(-odds))
    won = random.random(rows) < chance
    day, sessions = dt.date(2026, 3, 2), []
    while len(sessions) < 80:
        if day.weekday() < 5:
            sessions.append(day)
        day += dt.timedelta(days=1)
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(folder / "signals.jsonl.gz", "wt", 1) as picks, gzip.open(folder / "exits.jsonl.gz", "wt", 1) as exits:
        for row in range(rows):
            place = row * 80 / rows
            begin = dt.datetime.combine(sessions[int(place)], dt.time(9, 30), NEW_YORK)
            at = (begin + dt.timedelta(seconds=60 + place % 1 * 22000)).astimezone(dt.timezone.utc)
            stamp = lambda moment: moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
            features = {f"f{column:02}": round(float(value), 6) for column, value in enumerate(values[row])}
            features["side_long"] = float(side[row] > 0)
            pick = {"signal_id": f"p{row:06}", "timestamp": stamp(at), "side": "LONG" if side[row] > 0 else "SHORT",
                    "entry_price": 100.0, "symbol": f"SYN{row % 10}", "setup": "orb", "regime": "trend",
                    "confidence": 0.5, "features": features}
            move = side[row] * (0.4 if won[row] else -0.3)
            exit = {"type": "exit", "trade_id": pick["signal_id"], "signal_id": pick["signal_id"], "symbol": pick["symbol"],
                    "side": "BUY" if side[row] > 0 else "SELL", "entry_price": 100.0, "price": round(100 + move, 4),
                    "qty": 10, "fees": 0, "entry_timestamp": stamp(at),
                    "timestamp": stamp(at + dt.timedelta(minutes=4)), "exit_reason": "time_stop",
                    "setup": "orb", "regime": "trend", "confidence": 0.5}
            picks.write(json.dumps(pick) + "\n")
            exits.write(json.dumps(exit) + "\n")
    later = rows * 7 // 10
    limits = {"auc": roc_auc_score(won[later:], chance[later:]), "brier": brier_score_loss(won[later:], chance[later:])}
    (folder / "limits.json").write_text(json.dumps(limits))


def folder_of(size):
    if (FIXTURES / size).is_dir():
        return FIXTURES / size
    if not (MADE / size / "limits.json").exists():
        make(MADE / size, int(size))
    return MADE / size


def load(folder):
    """Names, rows and labels in time order."""
    import numpy as np
    exits = {exit["signal_id"]: exit for exit in records(folder / "exits.jsonl.gz")}
    picks = sorted(records(folder / "signals.jsonl.gz"), key=lambda pick: pick["timestamp"])
    rows, labels = [], []
    for pick in picks:
        exit = exits[pick["signal_id"]]
        sign = 1 if exit["side"] == "BUY" else -1
        net = sign * (exit["price"] - exit["entry_price"]) / exit["entry_price"]
        labels.append(net > 0.001 or (exit["exit_reason"] == "take_profit" and net > -0.002))
        row = {name: float(value) for name, value in pick["features"].items() if value is not None}
        for key in ("setup", "regime"):
            row[f"{key}={pick[key]}"] = 1.0
        row["confidence"] = pick["confidence"]
        at = dt.datetime.fromisoformat(pick["timestamp"].replace("Z", "+00:00")).astimezone(NEW_YORK)
        row["hour"], row["weekday"] = at.hour, at.weekday()
        rows.append(row)
    names = sorted({name for row in rows for name in row})
    table = [[row.get(name, 0.0 if "=" in name else np.nan) for name in names] for row in rows]
    return names, np.array(table), np.array(labels)


PEERS = ["GradientBoostingRegressor", "HistGradientBoosting", "LightGBM", "XGBoost", "logistic regression"]


def learner_of(name):
    if name == "LightGBM":
        from lightgbm import LGBMClassifier
        return LGBMClassifier(n_jobs=int(THREADS), verbose=-1, random_state=7)
    if name == "XGBoost":
        from xgboost import XGBClassifier
        return XGBClassifier(n_jobs=int(THREADS), random_state=7)
    from sklearn import ensemble, linear_model, pipeline, preprocessing
    if name == "GradientBoostingRegressor":
        return ensemble.GradientBoostingRegressor(n_estimators=100, learning_rate=0.1, max_depth=5, random_state=7)
    if name == "HistGradientBoosting":
        return ensemble.HistGradientBoostingClassifier(random_state=7)
    return pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression(max_iter=1000))


def compare(size):
    # Each in a process of its own, and this one small: a process is said to need what the one needed that began it.
    table = MADE / f"{size}.npz"
    for arguments in (["--prepare", size, table], *(["--one", size, name, table] for name in PEERS)):
        subprocess.run([sys.executable, __file__, *arguments], check=True)
    if program := os.environ.get("DTLEARN"):
        retrain(program, size)


def prepare(size, table):
    import numpy as np
    folder = folder_of(size)
    names, rows, labels = load(folder)
    cut = len(labels) * 7 // 10
    if os.environ.get("SIGNED"):
        side = rows[:, names.index("side_long")] * 2 - 1
        rows = np.hstack([rows, (rows - np.median(rows[:cut], 0)) * side[:, None]])
    MADE.mkdir(parents=True, exist_ok=True)
    np.savez(table, rows=rows, labels=labels)
    print(f"{size:>7}  the true chance: {json.loads((folder / 'limits.json').read_text())}", flush=True)


def one(size, name, table):
    import numpy as np
    from sklearn.metrics import brier_score_loss, roc_auc_score
    with np.load(table) as found:
        rows, labels = found["rows"], found["labels"]
    cut = len(labels) * 7 // 10
    learner, regressor = learner_of(name), name.endswith("Regressor")
    begin = time.perf_counter()
    learner.fit(rows[:cut], labels[:cut].astype(float) if regressor else labels[:cut])
    took = time.perf_counter() - begin
    given = learner.predict(rows[cut:]) if regressor else learner.predict_proba(rows[cut:])[:, 1]
    given = np.clip(given, 0, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    auc, brier = roc_auc_score(labels[cut:], given), brier_score_loss(labels[cut:], given)
    print(f"{size:>7}  {name:26} fit {took:8.3f} s  peak {peak:5.0f} MiB  AUC {auc:.4f}  Brier {brier:.4f}", flush=True)


def retrain(program, size):
    folder = folder_of(size)
    with tempfile.TemporaryDirectory() as store:
        quiet = [program, "--root", store, "--quiet", "--now", "2026-12-31T22:00:00Z"]
        for command, name in (("record-signal", "signals"), ("record-exit", "exits")):
            with gzip.open(folder / f"{name}.jsonl.gz") as lines:
                while part := b"".join(itertools.islice(lines, 20_000)):
                    subprocess.run([*quiet, command], input=part, stdout=subprocess.DEVNULL, check=True)
        begin = time.perf_counter()
        process = subprocess.Popen([*quiet, "retrain", "--force", "--days", "999", "--format", "json"], stdout=subprocess.PIPE)
        said = json.loads(process.stdout.read())
        _, _, used = os.wait4(process.pid, 0)
        took = time.perf_counter() - begin
        print(f"{size:>7}  dtlearn retrain, whole      {took:8.3f} s  peak {used.ru_maxrss / 1024:6.0f} MiB  processor {used.ru_utime + used.ru_stime:.2f} s  rows {said.get('rows')}  {said.get('status')}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(*sys.argv[2:])
    elif sys.argv[1:2] == ["--prepare"]:
        prepare(*sys.argv[2:])
    else:
        for size in sys.argv[1:] or ("1000", "10000"):
            compare(size)
