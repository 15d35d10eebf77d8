"""Which cookies are kept, sent again and deleted."""

import pytest

from loadtests.probes.http.cookies import COOKIE_LENGTH_MAX, COOKIES_MAX, Jar


class Clock:
    """A clock that is set by hand; seconds since 1970."""

    now_s = 1_000_000_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now_s


def kept(*lines: str, host: str = "shop.test", tls: bool = False, at: str = "/a/b") -> Jar:
    """A jar after one answer."""
    jar = Jar(host, tls=tls, clock=Clock())
    jar.keep(lines, at)
    return jar


@pytest.mark.parametrize(
    ("line", "target", "expected"),
    [
        ("a=1", "/a/b", "a=1"),
        ("a=1", "/a", "a=1"),
        ("a=1", "/a/c?x=/", "a=1"),
        ("a=1", "/", ""),
        ("a=1", "/ab", ""),
        ("a=1; Path=/", "/x", "a=1"),
        ("a=1; path=/x; Path=/y", "/y/z", "a=1"),
        ("a=1; Path=y", "/a/z", "a=1"),
        (' a = "1 2" ; HttpOnly', "/a/", 'a="1 2"'),
        ("a=", "/a/b", "a="),
        ("a=b=c", "/a/b", "a=b=c"),
        ("a=1; Domain=shop.test", "/a/b", "a=1"),
        ("a=1; Domain=.test", "/a/b", "a=1"),
        ("a=1; Domain=other.test", "/a/b", ""),
        ("a=1; Domain=op.test", "/a/b", ""),
        ("a=1; Secure", "/a/b", ""),
        ("a=1; Max-Age=1", "/a/b", "a=1"),
        ("a=1; Max-Age=0", "/a/b", ""),
        ("a=1; Max-Age=-5", "/a/b", ""),
        ("a=1; Max-Age=soon", "/a/b", "a=1"),
        ("a=1; Expires=Sat, 01 Jan 2000 00:00:00 GMT", "/a/b", ""),
        ("a=1; Expires=Sat, 01-Jan-2000 00:00:00 GMT", "/a/b", ""),
        ("a=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT", "/a/b", "a=1"),
        ("a=1; Expires=yesterday", "/a/b", "a=1"),
        ("a=1; Max-Age=9; Expires=Sat, 01 Jan 2000 00:00:00 GMT", "/a/b", "a=1"),
        ("=1", "/a/b", ""),
        ("a", "/a/b", ""),
        ("", "/a/b", ""),
        ("a=\x01", "/a/b", ""),
        ("a=" + "x" * COOKIE_LENGTH_MAX, "/a/b", ""),
    ],
)
def test_a_cookie_is_sent_where_it_belongs(line: str, target: str, expected: str) -> None:
    """By path, host, age and transport; what is no cookie is passed over."""
    assert expected == kept(line).field(target)


@pytest.mark.parametrize(
    ("host", "tls"),
    [("shop.test", True), ("127.0.0.1", False), ("::1", False), ("localhost", False)],
)
def test_a_secure_cookie_stays_within_this_machine_or_tls(host: str, tls: bool) -> None:
    """As in browsers, so that a service in development can be measured."""
    assert "a=1" == kept("a=1; Secure", host=host, tls=tls).field("/a/b")


def test_a_cookie_is_replaced_deleted_and_ends() -> None:
    """By the same name and path; a logout deletes it, and so does time."""
    clock = Clock()
    jar = Jar("shop.test", tls=False, clock=clock)
    jar.keep(["a=1; Path=/", "b=1; Path=/; Max-Age=10"], "/")
    jar.keep(["a=2; Path=/", "a=3; Path=/deep"], "/")

    assert "a=2; b=1" == jar.field("/")
    assert "a=3; a=2; b=1" == jar.field("/deep")
    jar.keep(["a=; Path=/; Max-Age=0"], "/")
    clock.now_s += 10
    assert "a=3" == jar.field("/deep")
    assert "" == jar.field("/")


def test_a_copy_and_what_was_kept_begin_with_the_same_cookies() -> None:
    """What one of them gets afterwards is its own."""
    jar = kept("a=1")
    copy, again = jar.copy(), Jar("shop.test", tls=False, cookies=jar.cookies, clock=Clock())
    jar.keep(["a=2"], "/a/b")

    assert ["a=2", "a=1", "a=1"] == [one.field("/a/b") for one in (jar, copy, again)]
    assert "1" not in repr(copy.cookies[0])


def test_a_service_that_sets_ever_more_cookies_keeps_the_newest() -> None:
    """Their number is bounded."""
    jar = kept(*(f"c{number}=x" for number in range(COOKIES_MAX + 5)))

    assert COOKIES_MAX == len(jar.cookies)
    assert ("c5", f"c{COOKIES_MAX + 4}") == (jar.cookies[0].name, jar.cookies[-1].name)
