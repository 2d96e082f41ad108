"""Talking to the test site, its clock and its catcher, as a browser of one person does."""

import base64
import hashlib
import hmac
import itertools
import json
import os
import random
import re
import struct
import time

import requests

URL = os.environ["RELATCH_URL"]
CATCHER = os.environ["CATCHER_URL"]
CLOCK = os.environ["CLOCK_URL"]

_dice = random.Random(1)
_wire = requests.Session()
_advanced = 0
_read = set()


class Unexpected(Exception):
    """What had to work did not: the run cannot go on, or would prove nothing."""


def some_address():
    """Limits count by address. The test site believes what a proxy says about it."""
    return ".".join(str(part) for part in (10, *(_dice.randrange(1, 255) for _ in range(3))))


def advance(seconds):
    global _advanced
    _wire.post(f"{CLOCK}/advance/{seconds}", timeout=10).raise_for_status()
    _advanced += seconds


def app_code(seed):
    """What an authenticator app shows now (RFC 6238: SHA-1, half a minute, six digits)."""
    key = base64.b32decode(seed.replace(" ", ""))
    step = struct.pack(">Q", int(time.time() + _advanced) // 30)
    digest = hmac.new(key, step, hashlib.sha1).digest()
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def code_sent_to(place):
    """A code that was sent there and not asked for yet. Answers leave before deliveries end: this may take a moment."""
    for _ in range(200):
        messages = _wire.get(f"{CATCHER}/messages", timeout=10).json()
        for message in reversed(messages):
            found = re.search(r"\b\d{8}\b", message["body"]) if message["to"] == place else None
            if found and message["id"] not in _read:
                _read.add(message["id"])
                return found.group()
        time.sleep(0.05)
    raise Unexpected("no code arrived")


def solve(posed):
    """The answer to a bot check, worked out as the page does."""
    for number in range(posed["maxnumber"] + 1):
        if hashlib.sha256(f"{posed['salt']}{number}".encode()).hexdigest() == posed["challenge"]:
            answer = {name: posed[name] for name in ("algorithm", "challenge", "salt", "signature")} | {"number": number}
            return base64.b64encode(json.dumps(answer).encode()).decode()
    raise Unexpected("the bot check has no answer")


class Browser:
    """An address, cookies and a token."""

    def __init__(self):
        self.address = some_address()
        self.cookies = {}
        self.csrf = ""

    def headers(self, method):
        made = {"X-Forwarded-For": self.address}
        if self.cookies:
            made["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method != "GET":
            made |= {"Origin": URL, "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": self.csrf}
        return made

    def send(self, method, path, body=None):
        """The status and what the body says."""
        answer = _wire.request(method, URL + path, json=body, headers=self.headers(method), timeout=30)
        _wire.cookies.clear()
        text = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        self.keep(answer.raw.headers.getlist("set-cookie"), text)
        return answer.status_code, text

    def must(self, method, path, body=None):
        status, text = self.send(method, path, body)
        if status >= 400:
            raise Unexpected(f"{method} {path} answered {status} {text.get('code')} {text.get('field', '')}")
        return text

    def answer(self):
        """To a bot check of its own: what START asks for."""
        return solve(self.must("POST", "/api/start-reset/bot-check", {}))

    def keep(self, set_cookies, text):
        for line in set_cookies:
            pair, _, attributes = line.partition(";")
            name, _, value = pair.partition("=")
            if "Max-Age=0" in attributes:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        if isinstance(text, dict) and isinstance(text.get("csrf"), str):
            self.csrf = text["csrf"]


numbers = itertools.count(1)
