"""Fits other learners on the planted picks: the first 70 % of the rows in time order, and scores the rest.

    python3 -m venv venv && venv/bin/pip install scikit-learn lightgbm
    venv/bin/python tests/bench/learner_peers.py

Prints, for each size and learner, seconds of one fit, AUC and Brier score. SIGNED=1 gives them the columns that
dtlearn derives from the side as well. The threads are those of OMP_NUM_THREADS, 2 if it is not set.
"""

import datetime as dt
import gzip
import json
import os
import pathlib
import time
from zoneinfo import ZoneInfo

THREADS = os.environ.setdefault("OMP_NUM_THREADS", "2")

import lightgbm
import numpy as np
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

PLANTED = pathlib.Path(__file__).resolve().parents[2] / "fixtures" / "planted"
NEW_YORK = ZoneInfo("America/New_York")


def records(path):
    with gzip.open(path, "rt") as lines:
        return [json.loads(line) for line in lines]


def load(size):
    """Names, rows and labels in time order."""
    exits = {exit["signal_id"]: exit for exit in records(PLANTED / size / "exits.jsonl.gz")}
    picks = sorted(records(PLANTED / size / "signals.jsonl.gz"), key=lambda pick: pick["timestamp"])
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


def peers():
    yield "GradientBoostingRegressor", GradientBoostingRegressor(n_estimators=100, learning_rate=0.1, max_depth=5, random_state=7)
    yield "HistGradientBoosting", HistGradientBoostingClassifier(random_state=7)
    yield "LightGBM", lightgbm.LGBMClassifier(n_jobs=int(THREADS), verbose=-1, random_state=7)
    yield "logistic regression", make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


for size in ("1000", "10000"):
    names, rows, labels = load(size)
    cut = len(labels) * 7 // 10
    if os.environ.get("SIGNED"):
        side = rows[:, names.index("side_long")] * 2 - 1
        rows = np.hstack([rows, (rows - np.median(rows[:cut], 0)) * side[:, None]])
    for name, learner in peers():
        regressor = name.endswith("Regressor")
        begin = time.perf_counter()
        learner.fit(rows[:cut], labels[:cut].astype(float) if regressor else labels[:cut])
        took = time.perf_counter() - begin
        given = learner.predict(rows[cut:]) if regressor else learner.predict_proba(rows[cut:])[:, 1]
        given = np.clip(given, 0, 1)
        auc, brier = roc_auc_score(labels[cut:], given), brier_score_loss(labels[cut:], given)
        print(f"{size:>6}  {name:26} fit {took:7.3f} s  AUC {auc:.4f}  Brier {brier:.4f}", flush=True)
