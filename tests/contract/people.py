"""The people who make the requests: an administrator, and persons in every step somebody can be in."""

import os

from site_under_test import Browser, Unexpected, advance, app_code, code_sent_to, numbers

PASSWORD = "a calm harbour at first light"


class Administrator:
    """Global administrator with an authenticator app: signing in again costs no message."""

    name = "admin"

    def __init__(self):
        self.browser = Browser()
        secret = os.environ["SETUP_SECRET"]
        self.browser.must(
            "POST",
            "/api/setup",
            {"secret": secret, "name": self.name, "display_name": "Ada Admin", "password": PASSWORD},
        )
        self.browser.must("POST", "/api/sign-in", self._credentials())
        self.seed = register_app(self.browser)
        self.browser.must("POST", "/api/register/finish", {})
        self.set_scope()

    def _credentials(self):
        return {"name": self.name, "password": PASSWORD}

    def set_scope(self):
        version = self.browser.must("GET", "/api/enable-group")["version"]
        self.browser.must("PUT", "/api/enable-group", {"scope": "all", "groups": [], "version": version})

    def sign_in_again(self):
        """A code of an app is good once, and only so many are looked at in a quarter of an hour."""
        for wait in (31, 901, 901):
            advance(wait)
            self.browser = Browser()
            self.browser.must("POST", "/api/sign-in", self._credentials())
            body = {"method": "app", "code": app_code(self.seed)}
            status, _ = self.browser.send("POST", "/api/verify-code/sign-in", body)
            if status == 200:
                return
        raise Unexpected("the administrator cannot sign in again")

    def must(self, method, path, body=None):
        """As [`Browser.must`], signing in again where the session has ended."""
        status, text = self.browser.send(method, path, body)
        if status in (401, 403):
            self.sign_in_again()
            return self.browser.must(method, path, body)
        if status >= 400:
            raise Unexpected(f"{method} {path} answered {status} {text.get('code')}")
        return text

    def create(self, role=None):
        """An account's name, id and first password."""
        name = f"person-{next(numbers)}"
        wanted = {"name": name, "display_name": f"{name} Steele"} | ({"role": role} if role else {})
        made = self.must("POST", "/api/users", wanted)
        return name, made["user"]["id"], made["initial_password"]


class Person:
    """Somebody whose account was made for this."""

    def __init__(self, administrator, role=None):
        self.name, self.id, self.password = administrator.create(role)
        self.mailbox = f"{self.name}@mail.example"
        self.browser = Browser()

    def first_sign_in(self):
        """The stage is password_change_required."""
        self.browser.must("POST", "/api/sign-in", {"name": self.name, "password": self.password})
        return self

    def chosen(self):
        """The stage is registration_required."""
        self.first_sign_in()
        self.password = f"{self.name} likes long quiet evenings"
        self.browser.must("POST", "/api/set-password/sign-in", {"password": self.password})
        return self

    def registered(self):
        """The stage is still registration_required, with nothing missing."""
        self.chosen()
        register_mailbox(self.browser, self.mailbox)
        return self

    def ready(self):
        """The stage is signed_in."""
        self.registered()
        self.browser.must("POST", "/api/register/finish", {})
        return self

    def another_browser(self):
        """Name and password, nothing else: for a reader the stage is second_factor_required."""
        browser = Browser()
        browser.must("POST", "/api/sign-in", {"name": self.name, "password": self.password})
        return browser

    def started(self, reason="forgot"):
        """A browser in a reset flow."""
        browser = Browser()
        start = {"name": self.name, "reason": reason, "bot_check": browser.answer()}
        browser.must("POST", "/api/start-reset", start)
        return browser

    def sent(self, reason="forgot"):
        """A browser in a reset flow that waits for a code, and the code."""
        advance(31)
        browser = self.started(reason)
        browser.must("POST", "/api/send-code/reset", mail_to(self.mailbox))
        return browser, code_sent_to(self.mailbox)

    def proven(self, reason="forgot"):
        """A browser in a reset flow that may choose a password, or unlock."""
        browser, code = self.sent(reason)
        browser.must("POST", "/api/verify-code/reset", {"code": code})
        return browser


def mail_to(address):
    return {"delivery": "mail", "address": address}


def register_mailbox(browser, address):
    browser.must("POST", "/api/send-code/register", mail_to(address))
    browser.must("POST", "/api/verify-code/register", {"code": code_sent_to(address)})


def register_app(browser):
    seed = browser.must("POST", "/api/register/app", {})["secret"]
    browser.must("POST", "/api/register/app/confirm", {"code": app_code(seed)})
    return seed
