"""Tunes other learners on the worlds that `cargo bench --bench learner_worlds` wrote, and scores their last 30 %.

    python3 -m venv venv && venv/bin/pip install scikit-learn lightgbm xgboost catboost optuna
    DTLEARN_BENCH_WORLDS=worlds cargo bench --bench learner_worlds
    venv/bin/python tests/bench/learner_world_peers.py worlds [TRIALS] [PEER …]

Each peer is tuned by optuna (40 trials unless told otherwise) in a walk-forward of four folds by session, one session
between, inside the first 70 % of the rows, by log loss; fitted on all of the 70 % with what won; and scored on the rest.
It has the columns that dtlearn gives itself: those turned by the side, and how a symbol did in earlier sessions. Prints a
JSON object for each world and peer; what stands in results.jsonl of the folder is not done again.
"""

import json
import math
import os
import pathlib
import sys
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "2")
warnings.filterwarnings("ignore")
THREADS = int(os.environ["OMP_NUM_THREADS"])
FOLDS, FIRST, PRIOR_ROWS = 4, 0.4, 40


def log_odds(share):
    return math.log(share / (1 - share))


def past_results(symbols, labels, sessions, end):
    """How each symbol did before the row's session, none of it from the rows after `end`."""
    found, counts, wins, rows, begin = [], {}, 0, 0, 0
    while begin < len(labels):
        stop = begin
        while stop < len(labels) and sessions[stop] == sessions[begin]:
            stop += 1
        base = (wins + 0.5) / (rows + 1)
        for symbol in symbols[begin:stop]:
            own = counts.get(symbol, (0, 0))
            found.append(log_odds((own[0] + PRIOR_ROWS * base) / (own[1] + PRIOR_ROWS)) - log_odds(base))
        if stop <= end:
            for symbol, label in zip(symbols[begin:stop], labels[begin:stop]):
                own = counts.get(symbol, (0, 0))
                counts[symbol] = (own[0] + label, own[1] + 1)
                wins, rows = wins + label, rows + 1
        begin = stop
    return found


def load(folder):
    import numpy as np
    of = lambda name: np.load(folder / f"{name}.npy")
    labels, sessions = of("labels").astype(int), of("sessions")
    cut = len(labels) * 7 // 10
    past = past_results(of("symbols").tolist(), labels.tolist(), sessions.tolist(), cut)
    return np.column_stack([of("rows"), past]), labels, sessions, cut


def folds(sessions):
    import numpy as np
    days = np.unique(sessions)
    first = int(len(days) * FIRST)
    for fold in range(FOLDS):
        begin = first + (len(days) - first) * fold // FOLDS
        end = first + (len(days) - first) * (fold + 1) // FOLDS
        yield sessions < days[begin - 1], (sessions >= days[begin]) & (sessions <= days[end - 1])


def logistic(trial):
    from sklearn import impute, linear_model, pipeline, preprocessing
    steps = [impute.SimpleImputer()]
    if trial.suggest_categorical("ranks", [False, True]):
        steps.append(preprocessing.QuantileTransformer(n_quantiles=100))
    strength = trial.suggest_float("C", 1e-4, 10, log=True)
    share = trial.suggest_categorical("l1_ratio", [0.0, 0.5, 1.0])
    fit = linear_model.LogisticRegression(C=strength, l1_ratio=share, solver="saga", max_iter=300)
    return pipeline.make_pipeline(*steps, preprocessing.StandardScaler(), fit)


def lightgbm(trial):
    from lightgbm import LGBMClassifier
    return LGBMClassifier(
        n_jobs=THREADS, verbose=-1, random_state=7, subsample=0.7, subsample_freq=1,
        n_estimators=trial.suggest_int("trees", 20, 400, log=True),
        learning_rate=trial.suggest_float("rate", 0.01, 0.2, log=True),
        num_leaves=trial.suggest_int("leaves", 2, 31, log=True),
        min_child_samples=trial.suggest_int("leaf_rows", 5, 200, log=True),
        colsample_bytree=trial.suggest_float("columns", 0.2, 1),
        reg_lambda=trial.suggest_float("lambda", 0.1, 50, log=True))


def xgboost(trial):
    from xgboost import XGBClassifier
    return XGBClassifier(
        n_jobs=THREADS, random_state=7, tree_method="hist", subsample=0.7,
        n_estimators=trial.suggest_int("trees", 20, 400, log=True),
        learning_rate=trial.suggest_float("rate", 0.01, 0.2, log=True),
        max_depth=trial.suggest_int("depth", 1, 6),
        min_child_weight=trial.suggest_float("leaf_weight", 1, 100, log=True),
        colsample_bytree=trial.suggest_float("columns", 0.2, 1),
        reg_lambda=trial.suggest_float("lambda", 0.1, 50, log=True))


def catboost(trial):
    from catboost import CatBoostClassifier
    return CatBoostClassifier(
        thread_count=THREADS, verbose=0, random_seed=7, allow_writing_files=False,
        iterations=trial.suggest_int("trees", 30, 400, log=True),
        learning_rate=trial.suggest_float("rate", 0.01, 0.2, log=True),
        depth=trial.suggest_int("depth", 1, 6),
        l2_leaf_reg=trial.suggest_float("lambda", 1, 50, log=True),
        rsm=trial.suggest_float("columns", 0.2, 1))


def forest(trial):
    from sklearn import ensemble, impute, pipeline
    return pipeline.make_pipeline(impute.SimpleImputer(), ensemble.RandomForestClassifier(
        n_jobs=THREADS, random_state=7, n_estimators=200,
        max_depth=trial.suggest_int("depth", 2, 16),
        min_samples_leaf=trial.suggest_int("leaf_rows", 2, 100, log=True),
        max_features=trial.suggest_float("columns", 0.05, 0.6)))


def lightgbm_forest(trial):
    # For larger worlds, where the other takes ten minutes a seed and more.
    from lightgbm import LGBMClassifier
    depth = trial.suggest_int("depth", 2, 12)
    return LGBMClassifier(
        boosting_type="rf", n_jobs=THREADS, verbose=-1, random_state=7, n_estimators=200, bagging_freq=1,
        bagging_fraction=0.632, max_depth=depth, num_leaves=min(2 ** depth, 1024), min_child_weight=0, reg_lambda=0,
        min_child_samples=trial.suggest_int("leaf_rows", 2, 100, log=True),
        feature_fraction_bynode=trial.suggest_float("columns", 0.05, 0.6))


PEERS = {peer.__name__: peer for peer in (logistic, lightgbm, xgboost, catboost, forest, lightgbm_forest)}


def expected_auc(given, chances):
    """The AUC to be expected where each row comes out by its chance, as learner_worlds.rs has it."""
    import numpy as np
    _, group = np.unique(given, return_inverse=True)
    good, bad = np.bincount(group, chances), np.bincount(group, 1 - chances)
    own = np.bincount(group, chances * (1 - chances))
    won = (good * (np.cumsum(bad) - bad) + (good * bad - own) / 2).sum()
    return won / (chances.sum() * (1 - chances).sum() - own.sum())


def judged(given, labels, chances):
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
    # One of the peers answers in single precision.
    given = np.clip(given.astype(float), 1e-6, 1 - 1e-6)
    odds = np.log(given / (1 - given)).reshape(-1, 1)
    slope = LogisticRegression(C=1e9).fit(odds, labels).coef_[0, 0] if odds.std() > 1e-9 else None
    return {"auc": float(roc_auc_score(labels, given)), "brier": float(brier_score_loss(labels, given)),
            "log_loss": float(log_loss(labels, given)), "slope": slope,
            "expected_auc": float(expected_auc(given, chances)),
            "from_chance": float(((given - chances) ** 2).mean())}


def tuned(folder, peer, trials):
    import numpy as np
    import optuna
    from sklearn.metrics import log_loss
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rows, labels, sessions, cut = load(folder)
    past, known = rows[:cut], labels[:cut]
    parts = list(folds(sessions[:cut]))

    def loss(trial):
        of = lambda train, test: log_loss(
            known[test], PEERS[peer](trial).fit(past[train], known[train]).predict_proba(past[test])[:, 1],
            labels=[0, 1], normalize=False)
        return sum(of(*part) for part in parts)

    begin = time.perf_counter()
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=7))
    study.optimize(loss, n_trials=trials)
    best = PEERS[peer](optuna.trial.FixedTrial(study.best_params)).fit(past, known)
    took_s = time.perf_counter() - begin
    found = judged(best.predict_proba(rows[cut:])[:, 1], labels[cut:], np.load(folder / "chances.npy")[cut:])
    return {"world": folder.name, "peer": peer, "trials": trials, "took_s": took_s, **found,
            "settings": study.best_params}


def main():
    worlds = pathlib.Path(sys.argv[1])
    trials = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    results = worlds / "results.jsonl"
    lines = results.read_text().splitlines() if results.exists() else []
    done = {(found["world"], found["peer"]) for found in map(json.loads, lines)}
    for folder in sorted(path for path in worlds.iterdir() if path.is_dir()):
        for peer in sys.argv[3:] or PEERS:
            if (folder.name, peer) not in done:
                line = json.dumps(tuned(folder, peer, trials))
                print(line, flush=True)
                with results.open("a") as file:
                    file.write(line + "\n")


if __name__ == "__main__":
    main()
