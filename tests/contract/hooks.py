"""Schemathesis makes the requests; this makes them arrive as somebody's, in a step where they can succeed.

Left alone, nearly every made-up request would end at 401 or 429 and prove little. So each comes from an address of its
own, with the cookies and the token of somebody who is in the right step, and some carry the one thing nobody can make
up: the code that was sent, an id there is, the version of now. What was answered is counted by operation.
"""

import atexit
import collections
import json
import os

import schemathesis
from cast import Cast
from site_under_test import some_address

# Preparations cost up to a second: every case until this many succeeded, then one case in so many.
SUCCESSES, ONE_IN = 2, 8
# One case in so many comes from a stranger, just as it was made up.
STRANGERS = 9

statuses = collections.defaultdict(collections.Counter)
numbers = collections.Counter()
senders = {}
# One request is under way at a time: who sends it.
sender = None
cast = Cast()


def _key(case):
    return case.operation.method.upper(), case.operation.path


def _is_made_up_well(case):
    mode = case.meta.generation.mode if case.meta else None
    return mode is not None and mode.value == "positive"


def _prepare(case, key):
    """The browser it comes from, with what had to happen before it."""
    succeeded = sum(count for status, count in statuses[key].items() if status < 300)
    due = succeeded < SUCCESSES or numbers[key] % ONE_IN == 0
    if not (due and _is_made_up_well(case)):
        return senders.get(key) if key in senders and not cast.is_administrators(key) else cast.usual(key)
    browser, path, body = cast.prepared(key)
    if path:
        case.path_parameters = {**case.path_parameters, **path}
    if body and isinstance(case.body, dict):
        # What was made up beside it stays, but for what must not be there.
        whole = {**case.body, **body}
        case.body = {name: value for name, value in whole.items() if value is not None}
    return browser


@schemathesis.hook
def before_call(context, case, kwargs):
    global sender
    key = _key(case)
    numbers[key] += 1
    headers = {"X-Forwarded-For": some_address()}
    sender = None
    if numbers[key] % STRANGERS != 0 or case.method.upper() != key[0]:
        browser = _prepare(case, key)
        senders[key] = sender = browser
        headers |= browser.headers(case.method.upper())
    if key[1] == "/internal/sweep" and numbers[key] % STRANGERS != 0:
        headers["Authorization"] = f"Bearer {os.environ['SWEEP_SECRET']}"
    case.headers = {**(case.headers or {}), **headers}
    case.cookies = {}


@schemathesis.hook
def after_call(context, case, response):
    key = _key(case)
    if case.method.upper() != key[0]:
        key = ("-", key[1])
    statuses[key][response.status_code] += 1
    browser = sender
    if browser is None:
        return
    text = {}
    if "json" in response.headers.get("content-type", [""])[0]:
        text = json.loads(response.content or b"{}")
    browser.keep(response.headers.get("set-cookie", []), text)
    cast.heard(key, browser, response.status_code, text)


@atexit.register
def write():
    rows = [[method, path, dict(sorted(counts.items()))] for (method, path), counts in sorted(statuses.items())]
    with open(os.environ["STATUSES"], "w", encoding="utf-8") as file:
        json.dump(rows, file)
