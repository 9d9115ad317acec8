// What a page does beyond being read: lists that are searched, filtered and leafed through, and folds that open for a link or on
// paper. Without it everything counts and the first rows are there all the same.
//
// Data becomes text alone: nothing here makes markup out of it.
"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const number = (value) => value.toString().replace(/\B(?=(\d{3})+$)/g, ",");
  const counted = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    if (text !== null) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  // Folds: one that a link leads to opens, and on paper all are open.
  const open = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", open);
  open();
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open])");
    for (const fold of folded) fold.open = true;
  });
  addEventListener("afterprint", () => {
    for (const fold of folded) fold.open = false;
  });

  // On a phone a row of a wide table becomes a card, whose cells have the names of their columns. The roles keep it a table for who
  // does not see it.
  for (const table of all("table.rows")) {
    const names = all("thead th", table).map((head) => head.textContent);
    table.setAttribute("role", "table");
    for (const group of all("thead, tbody", table)) group.setAttribute("role", "rowgroup");
    for (const row of all("tr", table)) {
      row.setAttribute("role", "row");
      const inHead = row.parentElement.tagName === "THEAD";
      [...row.cells].forEach((cell, at) => {
        const heads = cell.tagName === "TH";
        cell.setAttribute("role", inHead ? "columnheader" : heads ? "rowheader" : "cell");
        if (!inHead && !heads) cell.dataset.label = names[at];
      });
    }
    table.classList.add("cards");
  }

  // The operations of the page: what does not match is hidden, and folds that have a match are open.
  const operations = document.querySelector("[data-operations]");
  const sieve = operations && operations.querySelector("form");
  if (sieve) {
    const items = all(".examples > li", operations).map((item) => ({
      item,
      fold: item.closest("details"),
      text: item.textContent.toLowerCase(),
    }));
    const whole = Number(sieve.querySelector("output").dataset.all);
    const sift = () => {
      const words = sieve.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
      const { value: kind } = sieve.elements.kind;
      const { value: state } = sieve.elements.state;
      const asked = words.length > 0 || kind !== "" || state !== "";
      const folds = new Map();
      let found = 0;
      for (const { item, fold, text } of items) {
        const matches =
          (kind === "" || kind === item.dataset.kind) &&
          (state === "" || state === item.dataset.state) &&
          words.every((word) => text.includes(word));
        item.hidden = !matches;
        found += matches ? 1 : 0;
        folds.set(fold, (folds.get(fold) ?? 0) + (matches ? 1 : 0));
      }
      for (const [fold, count] of folds) {
        fold.hidden = count === 0;
        fold.open = asked && count > 0;
      }
      sieve.querySelector("output").textContent = asked
        ? `${number(found)} of the ${counted(items.length, "operation")} in this page` +
          (whole > items.length ? `; the plan has ${number(whole)}` : "")
        : "";
    };
    let soon = 0;
    sieve.addEventListener("input", () => {
      clearTimeout(soon);
      soon = setTimeout(sift, 120);
    });
    sieve.addEventListener("reset", () => {
      clearTimeout(soon);
      soon = setTimeout(sift, 0);
    });
    sieve.addEventListener("submit", (event) => {
      event.preventDefault();
      sift();
    });
    sieve.hidden = false;
  }

  // What is copied often has a button for it. Where the page may not write the clipboard, the text is selected instead.
  const copyable = (code) => {
    const text = code.textContent;
    const button = element("button", "copy", { type: "button", class: "copy", "aria-label": `Copy ${text}` });
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "copied";
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = "selected";
      }
      setTimeout(() => (button.textContent = "copy"), 2000);
    });
    return button;
  };
  for (const code of all("code[data-copy], code.sid")) code.after(copyable(code));

  // The list: rows of [number of the group, SIDs, name or null, text].
  const list = document.querySelector("[data-list]");
  const data = document.getElementById("rows");
  const form = list && list.querySelector("form");
  if (!data || !form) return;

  const namesFirst = "namesFirst" in list.dataset;
  const rows = JSON.parse(data.textContent);
  const groups = new Map();
  for (const section of all("[data-check]", list)) {
    groups.set(Number(section.dataset.check), {
      section,
      code: section.dataset.code,
      severity: section.dataset.severity,
      about: section.querySelector("h3, h4").textContent.toLowerCase().replace(/[\d,]+/g, ""),
      count: section.querySelector("[data-count]"),
      whole: section.querySelector("[data-count]").textContent,
      body: section.querySelector("tbody"),
      place: section.querySelector(".place"),
      back: section.querySelector('[data-go="-1"]'),
      forth: section.querySelector('[data-go="1"]'),
      rows: [],
      found: [],
      first: 0,
    });
  }
  for (const row of rows) groups.get(row[0]).rows.push(row);

  // Made at the first search.
  let texts = null;
  const textOf = (row) => {
    texts ??= new Map(rows.map((row) => [row, `${row[1]}\n${row[2] ?? ""}\n${row[3]}`.toLowerCase()]));
    return texts.get(row);
  };

  const show = (group) => {
    const size = Number(form.elements.rows.value);
    const last = Math.min(group.first + size, group.found.length);
    const lines = document.createDocumentFragment();
    for (const [, sids, name, text] of group.found.slice(group.first, last)) {
      const line = element("tr", null, { role: "row" });
      const cell = element("td", null, { role: "cell" });
      for (const sid of sids.split("/")) {
        const code = element("code", sid, { class: "sid" });
        cell.append(code, copyable(code));
      }
      const named = element("td", null, { role: "cell" });
      named.append(element("bdi", name ?? ""));
      const said = element("td", null, { role: "cell" });
      said.append(element("bdi", text));
      line.append(...(namesFirst ? [named, cell, said] : [cell, named, said]));
      lines.append(line);
    }
    group.body.replaceChildren(lines);
    const paged = group.found.length > size;
    group.back.hidden = group.forth.hidden = !paged;
    group.back.disabled = group.first === 0;
    group.forth.disabled = last >= group.found.length;
    group.place.textContent = paged
      ? `${number(group.first + 1)}–${number(last)} of ${number(group.found.length)}`
      : "";
  };

  const apply = () => {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const severities = all('[name="severity"]:checked', form).map((box) => box.value);
    const only = form.elements.check.value;
    let found = 0;
    let checks = 0;
    for (const group of groups.values()) {
      const wanted = severities.includes(group.severity) && (only === "" || only === group.code);
      // A word that the check's own heading has is one that all of its rows have.
      const left = words.filter((word) => !group.about.includes(word));
      group.found = !wanted
        ? []
        : left.length === 0
          ? group.rows
          : group.rows.filter((row) => left.every((word) => textOf(row).includes(word)));
      group.first = 0;
      group.section.hidden = group.found.length === 0;
      // The title has the number already.
      group.count.hidden = group.found.length === group.rows.length;
      group.count.textContent =
        group.found.length === group.rows.length ? group.whole : `${number(group.found.length)} of ${group.whole}`;
      found += group.found.length;
      checks += group.found.length > 0 ? 1 : 0;
      if (group.section.tagName === "DETAILS") group.section.open = words.length > 0;
      if (group.found.length > 0) show(group);
    }
    for (const part of all("[data-part]", list)) part.hidden = !part.querySelector("[data-check]:not([hidden])");
    form.querySelector("output").textContent =
      `${number(found)} of ${counted(rows.length, list.dataset.row)}` +
      (found > 0 ? `, in ${counted(checks, list.dataset.group)}` : "");
    list.querySelector(".nothing").hidden = found > 0;
  };

  // A link to a check that the filter hides clears the filter.
  list.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#check-"]');
    if (link && document.getElementById(link.hash.slice(1))?.hidden) {
      form.reset();
      apply();
    }
  });

  let waiting = 0;
  form.addEventListener("input", (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, event.target.type === "search" ? 120 : 0);
  });
  form.addEventListener("reset", () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 0);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    apply();
  });
  for (const group of groups.values()) {
    for (const button of [group.back, group.forth]) {
      button.addEventListener("click", () => {
        group.first += Number(button.dataset.go) * Number(form.elements.rows.value);
        show(group);
        // A button that can do no more hands the focus to its neighbour, so that it is not lost.
        if (button.disabled) (button === group.back ? group.forth : group.back).focus();
        group.section.scrollIntoView({ block: "nearest" });
      });
    }
  }
  form.hidden = false;
  apply();
})();
