"""The guard finds what must not be published, and lets our own pages pass."""

import pytest

from workbench.desk import guard, layout

HEAD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    f'<meta http-equiv="Content-Security-Policy" content="{layout.CSP}"><title>x</title></head>'
)


def page(body: str) -> str:
    return f"{HEAD}<body>{body}</body></html>"


@pytest.mark.parametrize(
    "body",
    [
        "<p>a &lt;script&gt; in words, javascript: too, and onerror=1</p>",
        '<a href="https://a.example/home/x">x</a><a href="#a">y</a><a href="../a/index.html">z</a>',
        '<script src="../../../assets/plotly.min.js" defer></script>'
        '<script src="../../../assets/charts.js" defer></script>',
        '<div class="chart" style="min-block-size:280px" data-figure="{&#34;a&#34;:1}"></div>',
        '<img src="data:image/png;base64,iVBORw0KGgo=" alt="x">',
        '<fieldset><legend>x</legend><label><input type="radio" name="a" checked>y</label>'
        "</fieldset>",
        "<p>an api key is asked for; the password rule; bearer of news; /read/126/x/; a/b</p>",
        '<p>api_key=os.environ["X"] and home/ and C: and 3:\\n</p>',
    ],
)
def test_honest_pages_pass(body: str) -> None:
    """What the templates write, and prose about scripts and keys, is no finding."""
    assert guard.scan(page(body)) == []


@pytest.mark.parametrize(
    "body",
    [
        "<script>1</script>",
        "<script src='assets/charts.js'>1</script>",
        '<script src="https://evil.example/assets/charts.js" defer></script>',
        '<script src="//evil.example/assets/charts.js" defer></script>',
        '<script src="assets/other.js" defer></script>',
        '<script src="x" src="assets/charts.js" defer></script>',
        "<SCRIPT\n>1</SCRIPT>",
        "<svg/onload=x>",
        '<p onclick="x">y</p>',
        "<img src=x onerror=y>",
        '<a href="javascript:x">y</a>',
        '<a href="&#106;avascript:x">y</a>',
        '<a href="java\nscript:x">y</a>',
        '<a href="javascript:x" href="#">y</a>',
        '<a href="http://a.example">y</a>',
        '<a href="data:text/html,x">y</a>',
        '<img src="https://evil.example/x.png">',
        '<img srcset="https://evil.example/x.png">',
        '<img src="data:image/svg+xml;base64,AA==">',
        '<link rel="stylesheet" href="https://evil.example/x.css">',
        '<link rel="stylesheet" href="//evil.example/x.css">',
        "<style>*{}</style>",
        '<p style="background:url(x)">y</p>',
        '<p style="background:\\75rl(x)">y</p>',
        "<iframe></iframe>",
        "<object data=x></object>",
        "<embed src=x>",
        "<base href=x>",
        "<template><script>1</script></template>",
        "<noscript>x</noscript>",
        "<math></math>",
        "<form action=x></form>",
        "<input>",
        '<input type="password">',
        '<input type="text" type="radio">',
        "<button>x</button>",
        '<meta http-equiv="refresh" content="0">',
        "<!-- x -->",
        "<!--><script>1</script>-->",
        "<svg><![CDATA[x]]></svg>",
        "<?x y?>",
        "<p>sk-ant-api03-abcdefgh</p>",
        "<p>sk-abcdefghijklmnopqrstuvwx</p>",
        "<p>AKIAABCDEFGHIJKLMNOP</p>",
        "<p>ghp_abcdefghijklmnopqrstuvwxyz</p>",
        "<p>https://a.example/x?api_key=0123456789abcdef</p>",
        "<p>apikey: 'abcdefgh12345'</p>",
        "<p>Authorization: Bearer abcdefgh.ijkl</p>",
        '<div data-figure="{&#34;api_key&#34;:&#34;abcdefgh1234&#34;}"></div>',
        "<p>postgresql://me:secret@host/db</p>",
        "<p>-----BEGIN RSA PRIVATE KEY-----</p>",
        "<p>File /home/me/x.py</p>",
        "<p>'/root/x'</p>",
        "<p>/Users/me</p>",
        "<p>C:\\work\\x.py</p>",
        "<p>C:\\\\Users\\\\me</p>",
        "<p>file:///etc/x</p>",
    ],
)
def test_what_must_not_be_published_is_found(body: str) -> None:
    """Anything that could run, load from elsewhere or leak makes a finding."""
    assert guard.scan(page(body))


def test_a_page_without_its_policy_is_found() -> None:
    """A page must carry exactly one policy, and it must forbid inline scripts."""
    assert guard.scan("<!doctype html><title>x</title>")
    assert guard.scan(page("").replace("script-src 'self'", "script-src 'self' 'unsafe-inline'"))
    assert guard.scan(page("").replace("<title>", '<meta http-equiv="Content-Security-Policy">'
                                       '<title>')) == []  # fmt: skip


def test_findings_do_not_repeat_the_secret() -> None:
    """A finding is logged, so it says where a secret stands and not what it is."""
    (finding,) = guard.leaks("one\nsk-ant-api03-abcdefgh")
    assert finding == "an Anthropic key, line 2"
