"""What every answer tells the browser, whoever gives it."""

from django.conf import settings

EXACTLY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
OF_PAGES = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}
OF_UPLOADED_FILES = {"sandbox", "default-src 'none'"}
# One of each kind: what sees and hears, what finds, what pays, what reaches into the machine.
OFF = {"camera=()", "microphone=()", "geolocation=()", "payment=()", "usb=()"}
KEYS = {"publickey-credentials-create=(self)", "publickey-credentials-get=(self)"}


def wrong_with(response, *, kept=False):
    """Return what is wrong with the headers; ``kept`` says that a browser may keep the answer."""
    headers = response.headers
    wrong = [
        f"{name}: {headers.get(name)!r}"
        for name, value in EXACTLY.items()
        if headers.get(name) != value
    ]
    policy = headers.get("Content-Security-Policy", "")
    wanted = OF_UPLOADED_FILES if response.streaming and not kept else OF_PAGES
    if set(policy.split("; ")) != wanted:
        wrong.append(f"policy {policy!r}")
    permissions = set(headers.get("Permissions-Policy", "").split(", "))
    if not permissions >= OFF | KEYS or not all(
        entry in KEYS or entry.endswith("=()") for entry in permissions
    ):
        wrong.append(f"permissions {permissions}")
    if kept == ("no-store" in headers.get("Cache-Control", "")):
        wrong.append(f"Cache-Control: {headers.get('Cache-Control')!r}")
    if {"Server", "X-Powered-By"} & set(headers):
        wrong.append("says what it runs on")
    return wrong + [
        fault for cookie in response.cookies.values() for fault in wrong_with_cookie(cookie)
    ]


def wrong_with_cookie(cookie):
    """Return what is wrong with a cookie that is set, as production sets it over HTTPS or not."""
    https = settings.SESSION_COOKIE_SECURE
    # One that is taken away again need not say who may read it.
    says = {
        "Path": cookie["path"] == "/",
        "Domain": not cookie["domain"],
        "SameSite": cookie["samesite"] in {"Lax", "Strict"},
        "Secure": bool(cookie["secure"]) == https or not cookie.value,
        "name": cookie.key.startswith("__Host-") == https,
        "HttpOnly": bool(cookie["httponly"]) or not cookie.value
        or cookie.key not in {settings.SESSION_COOKIE_NAME, settings.DEVICE_COOKIE_NAME},
    }  # fmt: skip
    return [f"cookie {cookie.key}: {name}" for name, is_right in says.items() if not is_right]
