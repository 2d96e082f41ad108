"""Who sends what, and what has to happen first so that an operation can succeed."""

import base64
import struct
import zlib

from people import Administrator, Person, mail_to, register_app
from site_under_test import Browser, advance, app_code, code_sent_to, numbers

NEW_PASSWORD = "seven green bottles standing"
ADMINISTRATORS = ("/api/users", "/api/groups", "/api/policy", "/api/audit", "/api/enable-group")
# What somebody else's step would stand on.
SPENDS_THE_SESSION = {("DELETE", "/api/sign-in"), ("POST", "/api/register/app/confirm")}
POLICY = {"methods", "registration", "notifications", "customisation", "passwords", "entitlement"}


class Cast:
    def __init__(self):
        self._administrator = None
        self._person = None
        self._spare = None
        self._stale = False
        self._pages = None

    @property
    def administrator(self):
        if self._administrator is None:
            self._administrator = Administrator()
            self._pages = self._administrator.must("GET", "/api/policy")
        if self._stale:
            self._administrator.sign_in_again()
            self._stale = False
        return self._administrator

    def person(self):
        """Somebody who is signed in, with a mailbox registered."""
        if self._person is None:
            self._person = Person(self.administrator).ready()
        return self._person

    def spare(self):
        """Somebody to be looked at and changed by the administrator."""
        if self._spare is None:
            self._spare = Person(self.administrator)
        return self._spare

    @staticmethod
    def is_administrators(key):
        return key[1].startswith(ADMINISTRATORS)

    def usual(self, key):
        """Who sends what needs no preparation."""
        return self.administrator.browser if self.is_administrators(key) else self.person().browser

    def prepared(self, key):
        """The browser, path parameters and body fields with which it can succeed."""
        browser, path, body = None, None, None
        prepare = PREPARATIONS.get(key)
        if prepare:
            browser, path, body = prepare(self)
        return browser or self.usual(key), path, body

    def heard(self, key, browser, status, text):
        """After an answer: who has to sign in again, and what has to be put back."""
        ended = text.get("code") in ("not_signed_in", "step_up_required") if isinstance(text, dict) else False
        done = status < 300
        if self._administrator and browser is self._administrator.browser:
            self._stale |= ended
            if done:
                self._put_back(key)
        elif self._person and browser is self._person.browser and (ended or (done and key in SPENDS_THE_SESSION)):
            self._person = None

    def _put_back(self, key):
        """A made-up policy would stop everybody who comes after."""
        method, path = key
        if method == "PUT" and path == "/api/enable-group":
            self.administrator.set_scope()
        page = path.removeprefix("/api/policy/")
        if method == "PUT" and page in POLICY:
            now = self.administrator.must("GET", "/api/policy")[page]["version"]
            self.administrator.must("PUT", path, self._pages[page] | {"version": now})
        if (method, path) == ("DELETE", "/api/users/{id}"):
            self._spare = None


def _page(page, **changes):
    def prepare(cast):
        version = cast.administrator.must("GET", "/api/policy")[page]["version"]
        # Every second time everything is as it was; else what was made up is judged.
        whole = cast._pages[page] if next(numbers) % 2 else {}
        return None, None, {**whole, **changes, "version": version}

    return prepare


def _version_of_logo(cast):
    return cast.administrator.must("GET", "/api/policy")["customisation"]["version"]


def _png():
    """Four grey pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0\x20\x40" * 2)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return base64.b64encode(png).decode()


def _put_logo(cast):
    return None, None, {"png": _png(), "version": _version_of_logo(cast)}


def _a_logo(cast):
    cast.administrator.must("PUT", "/api/policy/logo", _put_logo(cast)[2])


def _delete_logo(cast):
    _a_logo(cast)
    return None, None, {"version": _version_of_logo(cast)}


def _get_logo(cast):
    _a_logo(cast)
    number = cast.administrator.must("GET", "/api/policy")["customisation"]["logo"]
    return None, {"number": number}, None


def _spare(cast):
    return None, {"id": cast.spare().id}, None


def _change_user(cast):
    spare = cast.spare()
    version = cast.administrator.must("GET", f"/api/users/{spare.id}")["version"]
    return None, {"id": spare.id}, {"version": version}


def _deleted(cast):
    gone = Person(cast.administrator)
    cast.administrator.must("DELETE", f"/api/users/{gone.id}")
    return None, {"id": gone.id}, None


def _with_methods(cast):
    return None, {"id": Person(cast.administrator).ready().id}, None


def _new_group(cast):
    name = f"group-{next(numbers)}"
    made = cast.administrator.must("POST", "/api/groups", {"name": name, "description": "", "members": []})
    return made["group"]["id"]


def _group(cast):
    return None, {"id": _new_group(cast)}, None


def _change_group(cast):
    group = _new_group(cast)
    version = cast.administrator.must("GET", f"/api/groups/{group}")["group"]["version"]
    return None, {"id": group}, {"version": version, "name": f"group-{next(numbers)}", "rule": None, "membership": None}


def _members(cast):
    wanted = {"add_members": [cast.spare().id], "remove_members": [], "add_groups": [], "remove_groups": []}
    return None, {"id": _new_group(cast)}, wanted


def _scope(cast):
    version = cast.administrator.must("GET", "/api/enable-group")["version"]
    return None, None, {"version": version, "groups": []}


def _second_factor(cast):
    """A reader waits for a second factor; the mailbox is none, so there is a phone."""
    reader = Person(cast.administrator, role="reader").chosen()
    number = f"+4474{next(numbers) % 100:02}{next(numbers) % 1_000_000:06}"
    reader.browser.must("POST", "/api/send-code/register", {"delivery": "text", "country": "GB", "number": number})
    reader.browser.must("POST", "/api/verify-code/register", {"code": code_sent_to(number)})
    advance(31)
    return reader.another_browser(), number


def _verify_second_factor(cast):
    browser, number = _second_factor(cast)
    browser.must("POST", "/api/send-code/sign-in", {"delivery": "text"})
    return browser, None, {"method": "sent", "code": code_sent_to(number)}


def _mailbox():
    return f"box-{next(numbers)}@mail.example"


def _verify_registration(cast):
    browser, address = Person(cast.administrator).chosen().browser, _mailbox()
    browser.must("POST", "/api/send-code/register", mail_to(address))
    return browser, None, {"code": code_sent_to(address)}


def _confirm_app(cast):
    browser = Person(cast.administrator).chosen().browser
    seed = browser.must("POST", "/api/register/app", {})["secret"]
    return browser, None, {"code": app_code(seed)}


def _one_of_two_methods(cast):
    """A mailbox, and recovery codes beside it: what is registered alone stays."""
    person = Person(cast.administrator).registered()
    person.browser.must("POST", "/api/register/recovery-codes", {})
    person.browser.must("POST", "/api/register/finish", {})
    methods = person.browser.must("GET", "/api/account")["methods"]
    return person.browser, {"id": methods[0]["id"]}, None


def _recovery_codes(cast):
    browser = Person(cast.administrator).ready().browser
    browser.must("POST", "/api/register/recovery-codes", {})
    return browser, None, None


def _other_session(cast):
    person = cast.person()
    person.another_browser()
    sessions = person.browser.must("GET", "/api/account")["sessions"]
    return person.browser, {"id": next(each["id"] for each in sessions if not each["current"])}, None


def _sign_in(cast):
    person = cast.person()
    return None, None, {"name": person.name, "password": person.password}


def _change_password(cast):
    person = Person(cast.administrator).ready()
    return person.browser, None, {"current": person.password, "password": NEW_PASSWORD}


def _start(cast):
    browser = Browser()
    return browser, None, {"name": "somebody", "bot_check": browser.answer()}


def _verify_reset(cast):
    browser, code = Person(cast.administrator).ready().sent()
    return browser, None, {"method": "sent", "code": code}


PREPARATIONS = {
    ("POST", "/api/sign-in"): _sign_in,
    ("DELETE", "/api/sign-in"): lambda cast: (cast.person().another_browser(), None, None),
    ("POST", "/api/set-password/sign-in"): lambda cast: (
        Person(cast.administrator).first_sign_in().browser,
        None,
        {"password": NEW_PASSWORD},
    ),
    ("POST", "/api/send-code/sign-in"): lambda cast: (_second_factor(cast)[0], None, {"delivery": "text"}),
    ("POST", "/api/verify-code/sign-in"): _verify_second_factor,
    ("POST", "/api/send-code/register"): lambda cast: (
        Person(cast.administrator).chosen().browser,
        None,
        mail_to(_mailbox()),
    ),
    ("POST", "/api/verify-code/register"): _verify_registration,
    ("POST", "/api/register/finish"): lambda cast: (Person(cast.administrator).registered().browser, None, None),
    ("POST", "/api/register/app"): lambda cast: (Person(cast.administrator).chosen().browser, None, None),
    ("POST", "/api/register/app/confirm"): _confirm_app,
    ("POST", "/api/register/recovery-codes"): lambda cast: (Person(cast.administrator).ready().browser, None, None),
    ("POST", "/api/start-reset"): _start,
    ("POST", "/api/send-code/reset"): lambda cast: (cast.person().started(), None, mail_to(_mailbox())),
    ("POST", "/api/verify-code/reset"): _verify_reset,
    ("POST", "/api/set-password/reset"): lambda cast: (
        Person(cast.administrator).ready().proven(),
        None,
        {"password": NEW_PASSWORD},
    ),
    ("POST", "/api/unlock"): lambda cast: (Person(cast.administrator).ready().proven("locked"), None, None),
    ("POST", "/api/set-password/change"): _change_password,
    ("DELETE", "/api/account/methods/{id}"): _one_of_two_methods,
    ("DELETE", "/api/account/recovery-codes"): _recovery_codes,
    ("DELETE", "/api/account/sessions/{id}"): _other_session,
    ("POST", "/api/users"): lambda cast: (None, None, {"name": f"made-{next(numbers)}"}),
    ("GET", "/api/users/{id}"): _spare,
    ("PATCH", "/api/users/{id}"): _change_user,
    ("DELETE", "/api/users/{id}"): _spare,
    ("POST", "/api/users/{id}/restore"): _deleted,
    ("POST", "/api/users/{id}/unlock"): _spare,
    ("POST", "/api/users/{id}/end-sessions"): _spare,
    ("DELETE", "/api/users/{id}/methods"): _with_methods,
    ("POST", "/api/users/{id}/start-reset"): _with_methods,
    ("POST", "/api/users/search"): lambda cast: (None, None, {"text": "person"}),
    ("POST", "/api/users/import"): lambda cast: (
        None,
        None,
        {"header": "user_name,display_name", "rows": f"row-{next(numbers)},Row Steele\n", "line": 2, "last": True},
    ),
    ("POST", "/api/groups"): lambda cast: (
        None,
        None,
        {"name": f"made-{next(numbers)}", "members": [cast.spare().id], "groups": [], "membership": None, "rule": None},
    ),
    ("GET", "/api/groups/{id}"): _group,
    ("PATCH", "/api/groups/{id}"): _change_group,
    ("POST", "/api/groups/{id}/members"): _members,
    ("POST", "/api/groups/try-rule"): lambda cast: (None, None, {"rule": 'department == "Sales"'}),
    ("PUT", "/api/enable-group"): _scope,
    ("PUT", "/api/policy/logo"): _put_logo,
    ("DELETE", "/api/policy/logo"): _delete_logo,
    ("GET", "/api/logo/{number}"): _get_logo,
    ("POST", "/api/audit/search"): lambda cast: (None, None, {"person": cast.spare().id}),
} | {("PUT", f"/api/policy/{page}"): _page(page) for page in POLICY}
