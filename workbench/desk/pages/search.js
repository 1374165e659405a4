/* Search over the titles of all dispatches. The index lies in shards of a hundred titles, each a
   script that sets a global, because a page opened from a folder may not fetch. Shards are asked
   for newest first, and only while too few titles match. The box is added here, so that none stands
   dead without a script. Titles are text, never HTML. */
"use strict";
(() => {
  const MOST = 20; // matches shown at once
  const HREF = /^read\/\d+\/[\w-]+\/index\.html$/;
  const home = new URL("../", document.currentScript.src); // the site's root, wherever it lies
  const titles = () => window.workbenchTitles || {};
  const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").replace(/[‘’]/g, "'").replace(/−/g, "-").toLowerCase();

  const asked = new Map(); // a script is asked for once; a failed one may be asked for again
  const load = (name) => {
    if (!asked.has(name)) {
      asked.set(name, new Promise((done, failed) => {
        const script = document.createElement("script");
        script.src = new URL("search/" + name + ".js", home).href;
        script.onload = done;
        script.onerror = () => { asked.delete(name); script.remove(); failed(new Error(name)); };
        document.head.append(script);
      }));
    }
    return asked.get(name);
  };

  const element = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  const matching = (shard, words) =>
    (titles()[shard] || []).filter(([number, date, title, href]) => {
      const text = folded(number + " " + date + " " + title);
      return HREF.test(href) && words.every((word) => text.includes(word));
    });

  const box = (place, index) => {
    const id = "desk-search" + (index || "");
    const input = element("input", { type: "search", id, autocomplete: "off", spellcheck: false });
    const label = element("label", { htmlFor: id, textContent: "Search titles" });
    const status = element("p", { className: "found" });
    status.setAttribute("role", "status");
    const list = element("ul", { className: "links" });
    const search = element("div", { className: "box" }, label, input, status, list);
    search.setAttribute("role", "search");
    search.setAttribute("aria-label", "Dispatches by title");
    place.append(search);
    let turn = 0; // only the latest search may speak

    const show = (found) => list.replaceChildren(...found.slice(0, MOST).map(([number, date, title, href, mode]) =>
      element("li", {}, element("a", { href: new URL(href, home).href },
        element("small", { textContent: number + " · " + date + (mode === "replay" ? " · Replay" : "") }), title))));

    const told = (found) => {
      if (found.length > MOST) return "The newest " + MOST + " matches, back to dispatch " + found[MOST - 1][0] + ". Another word narrows them.";
      return found.length === 1 ? "One title matches." : (found.length || "No") + " titles match.";
    };

    const run = async () => {
      const mine = ++turn;
      const words = folded(input.value).split(/\s+/).filter(Boolean);
      if (!words.length) { status.textContent = ""; list.replaceChildren(); return; }
      const found = [];
      try {
        await load("index");
        for (const shard of window.workbenchShards || []) {
          await load(shard);
          if (mine !== turn) return;
          found.push(...matching(shard, words));
          if (found.length > MOST) break;
        }
      } catch {
        if (mine === turn) { show(found); status.textContent = told(found) + " Part of the index could not be read."; }
        return;
      }
      if (mine !== turn) return;
      show(found);
      status.textContent = told(found);
    };

    const links = () => [...list.querySelectorAll("a")];
    input.addEventListener("input", run);
    search.addEventListener("keydown", (event) => {
      const all = links(), at = all.indexOf(document.activeElement);
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && (all.length || at >= 0)) {
        event.preventDefault();
        const next = at + step;
        if (next < 0) input.focus(); else if (next < all.length) all[next].focus();
      } else if (event.key === "Enter" && event.target === input && all.length) {
        event.preventDefault();
        all[0].click();
      } else if (event.key === "Escape") {
        event.preventDefault();
        input.value = "";
        input.focus();
        run();
      }
    });
  };

  document.querySelectorAll('.search[data-of="titles"]').forEach(box);
})();
