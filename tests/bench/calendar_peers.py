"""Compares the sessions of XNYS, day by day and close by close, with the published lists of two packages.

    cargo build --release --locked
    python3 -m venv venv && venv/bin/pip install exchange_calendars pandas_market_calendars
    venv/bin/python tests/bench/calendar_peers.py target/release/dtlearn [FIRST LAST]

exchange_calendars is the measure: any difference of a date, an open or a close from FIRST to LAST (1990 to 2030) is
printed and makes the script fail. pandas_market_calendars is shown beside it; it also lists openings that were late
and halts that came unannounced, which are no rule and are not taken over.
"""

import csv
import io
import subprocess
import sys

import exchange_calendars


def of_dtlearn(program, year):
    """Dates with open and close in UTC, as the program prints them."""
    command = [program, "calendar", str(year), "--format", "csv"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = csv.DictReader(io.StringIO(text))
    return {row["date"]: (row["open"], row["close"]) for row in rows if row["kind"] != "holiday"}


def of_frame(frame, opens, closes):
    form = "%Y-%m-%dT%H:%M:%SZ"
    utc = lambda moment: moment.tz_convert("UTC").strftime(form)
    return {str(date.date()): (utc(row[opens]), utc(row[closes])) for date, row in frame.iterrows()}


def differences(ours, theirs):
    found = []
    for date in sorted(set(ours) | set(theirs)):
        if ours.get(date) != theirs.get(date):
            found.append(f"{date}: dtlearn {ours.get(date)}, published {theirs.get(date)}")
    return found


def main():
    program = sys.argv[1]
    first, last = (int(word) for word in (sys.argv[2:4] or ("1990", "2030")))
    ours = {}
    for year in range(first, last + 1):
        ours.update(of_dtlearn(program, year))
    start, end = f"{first}-01-01", f"{last}-12-31"
    schedule = exchange_calendars.get_calendar("XNYS", start=start, end=end).schedule
    found = differences(ours, of_frame(schedule, "open", "close"))
    print(f"exchange_calendars {exchange_calendars.__version__}: {len(ours)} sessions, {len(found)} differences")
    print("\n".join(found), end="\n" if found else "")
    try:
        import pandas_market_calendars
    except ImportError:
        print("SKIPPED: pandas_market_calendars is not installed")
    else:
        frame = pandas_market_calendars.get_calendar("NYSE").schedule(start, end)
        others = of_frame(frame, "market_open", "market_close")
        print(f"pandas_market_calendars: {len(set(ours) ^ set(others))} other dates")
        print("\n".join(differences(ours, others)))
    sys.exit(bool(found) or not ours)


if __name__ == "__main__":
    main()
