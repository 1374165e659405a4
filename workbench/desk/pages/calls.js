/* Makes every table.sorts sortable: a button in each head, so that none stands there without this
   script. Sorts by a cell's data-v, as a number or a date, or by its text; what has no value goes
   last either way. No eval, no request, no state. */
"use strict";
(() => {
  const ENDS = {
    text: { ascending: "from A to Z", descending: "from Z to A" },
    number: { ascending: "lowest first", descending: "highest first" },
    date: { ascending: "earliest first", descending: "latest first" },
  };

  // The value of a cell, or null where there is none.
  const valued = (cell, kind) => {
    if (kind === "text") return cell.textContent.trim();
    const given = cell.dataset.v;
    return given === undefined ? null : kind === "date" ? Date.parse(given) : Number(given);
  };

  const compared = (a, b) => (typeof a === "string" ? a.localeCompare(b, "en") : a - b);

  const sortable = (table) => {
    const [body] = table.tBodies;
    const heads = [...table.querySelectorAll("th[data-sort]")];
    const said = document.createElement("p");
    said.className = "vh";
    said.setAttribute("role", "status");
    table.before(said);

    const sort = (head, name) => {
      const kind = head.dataset.sort;
      const first = kind === "text" ? "ascending" : "descending";
      const other = kind === "text" ? "descending" : "ascending";
      const order = head.getAttribute("aria-sort") === first ? other : first;
      const sign = order === "ascending" ? 1 : -1;
      const rows = [...body.rows].map((row) => [valued(row.cells[head.cellIndex], kind), row]);
      rows.sort(([a], [b]) =>
        a === null || b === null ? (a === null) - (b === null) : sign * compared(a, b));
      body.append(...rows.map(([, row]) => row));
      for (const each of heads) each.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", order);
      said.textContent = `Sorted by ${name}, ${ENDS[kind][order]}.`;
    };

    for (const head of heads) {
      const button = document.createElement("button");
      const name = head.textContent.trim();
      button.type = "button";
      button.textContent = name;
      button.addEventListener("click", () => sort(head, name));
      head.replaceChildren(button);
    }
  };

  document.querySelectorAll("table.sorts").forEach(sortable);
})();
