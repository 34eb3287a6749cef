// Behaviour every page shares. Listeners are delegated, so parts swapped in later need no set-up.
const on = (type, selector, act) =>
  document.addEventListener(type, (event) => {
    const found = event.target.closest?.(selector);
    if (found) act(found, event);
  });
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// Toasts: from the server (HX-Trigger, flash) and from here.
const showing = new WeakSet();
const arm = (toast) => {
  if (showing.has(toast)) return;
  showing.add(toast);
  let timer;
  const start = () => { clearTimeout(timer); timer = setTimeout(() => toast.remove(), 8000); };
  // Nobody loses Undo while pointing at it or standing on it.
  for (const type of ["pointerenter", "focusin"]) toast.addEventListener(type, () => clearTimeout(timer));
  for (const type of ["pointerleave", "focusout"]) toast.addEventListener(type, start);
  start();
};
const say = (text, undo, bad) => {
  const shelf = document.querySelector("#toasts");
  const toast = document.querySelector("#toast-pattern")?.content.firstElementChild.cloneNode(true);
  if (!shelf || !toast) return;
  toast.querySelector("[data-text]").textContent = text;
  const form = toast.querySelector("form");
  if (undo) form.action = undo; else form.remove();
  all("[data-when]", toast).forEach((icon) => { if ((icon.dataset.when === "bad") !== Boolean(bad)) icon.remove(); });
  shelf.append(toast);
  arm(toast);
};
all("#toasts > .toast").forEach(arm);
document.addEventListener("toast", ({ detail }) => say(detail.text, detail.undo));
document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  if (ctx.request.headers["HX-Request-Type"] === "full") return;
  const whole = /^\s*<!doctype/i.test(ctx.text);
  if (ctx.response.status === 422 && !whole) return;
  // A refusal page has no place inside a page: keep what is there and say its words.
  ctx.swap = "none";
  const page = whole && new DOMParser().parseFromString(ctx.text, "text/html");
  const words = page && page.querySelector("[data-refusal]")?.textContent.trim();
  const ours = ctx.response.status >= 500 ? "That did not work. Nothing was changed; try again."
    : "That is not possible here any more. Reload the page.";
  say(words || ours, null, true);
});
document.addEventListener("htmx:error", () => say("No answer. Check your connection and try again.", null, true));

// Search: "/" goes there, arrows walk through what was found, Escape leaves.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("[data-search]");
    if (search) { event.preventDefault(); search.focus(); search.select(); }
  }
  const box = event.target.closest?.("[data-search-box]");
  if (!box || !["ArrowDown", "ArrowUp", "Escape"].includes(event.key)) return;
  const stops = [box.querySelector("[data-search]"), ...all("[data-found] a", box)];
  const at = stops.indexOf(document.activeElement);
  if (event.key === "Escape") box.querySelector("[data-found]")?.replaceChildren();
  const next = event.key === "Escape" ? stops[0] : stops[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (next && next !== document.activeElement) { event.preventDefault(); next.focus(); }
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-search-box]")) all("[data-found]").forEach((found) => found.replaceChildren());
});

// Dialogs that ask once. Browsers with invoker commands open them alone; the others need this.
on("click", "[data-ask]", (button, event) => {
  const dialog = document.querySelector(button.dataset.ask);
  if (!dialog) return;
  event.preventDefault();
  if (!dialog.open) dialog.showModal();
});

on("click", "[data-copy]", async (button) => {
  const from = button.dataset.copy;
  const source = from.startsWith("#") ? document.querySelector(from) : null;
  try {
    await navigator.clipboard.writeText(source ? source.value ?? source.textContent.trim() : from);
    say("Copied");
  } catch { say("Your browser did not allow copying. Select the text and copy it by hand.", null, true); }
});

// Enter in a field that has a button of its own presses that, not the form's first one.
document.addEventListener("keydown", (event) => {
  const button = event.key === "Enter" && event.target.dataset?.enter && document.getElementById(event.target.dataset.enter);
  if (button) { event.preventDefault(); button.click(); }
});

on("change", "[data-submit-on-change]", (field) => field.form?.requestSubmit());

// A file that is too large is said to be so before it travels.
on("change", "[data-most]", (field) => {
  const over = [...field.files].some((file) => file.size > Number(field.dataset.most));
  field.setCustomValidity(over ? field.dataset.over : "");
  field.reportValidity();
});

// A chosen row of a list: the bar appears with the first tick.
const count = (bulk) => {
  const ticks = all(`[form="${bulk.id}"][data-tick]`);
  const chosen = ticks.filter((tick) => tick.checked);
  bulk.hidden = chosen.length === 0;
  const number = bulk.querySelector("[data-chosen]");
  const everything = bulk.querySelector("[data-everything]");
  if (everything && chosen.length === 0) everything.checked = false;
  if (number) number.textContent = everything?.checked ? everything.parentElement.textContent.trim() : chosen.length;
  for (const tick of ticks) {
    if (tick.checked) tick.closest("tr")?.setAttribute("aria-selected", "true");
    else tick.closest("tr")?.removeAttribute("aria-selected");
  }
  all(`[data-tick-all="${bulk.id}"]`).forEach((box) => {
    box.checked = ticks.length > 0 && chosen.length === ticks.length;
    const some = chosen.length > 0 && !box.checked;
    box.indeterminate = some;
    box.classList.toggle("some", some);
  });
};
on("change", "[data-tick]", (tick) => {
  const bulk = document.getElementById(tick.getAttribute("form"));
  if (bulk) count(bulk);
});
on("change", "[data-everything]", (box) => count(box.form));
const tickAll = (id, checked) => {
  all(`[form="${id}"][data-tick]`).forEach((tick) => { tick.checked = checked; });
  count(document.getElementById(id));
};
on("change", "[data-tick-all]", (box) => tickAll(box.dataset.tickAll, box.checked));
on("click", "[data-tick-none]", (button) => tickAll(button.dataset.tickNone, false));

// The sidebar is a popover on narrow screens: choosing a page, or growing the window, puts it away.
const putAway = () => document.querySelector("#sidebar:popover-open")?.hidePopover();
on("click", "#sidebar a", putAway);
matchMedia("(width >= 60rem)").addEventListener("change", ({ matches }) => { if (matches) putAway(); });

// Lists people put in order: drag, or the buttons the page offers beside it. The page hears "sorted".
let sorter;
const fetchSorter = (source) => (sorter ??= new Promise((done, fail) => {
  const script = document.createElement("script");
  Object.assign(script, { src: source, onload: done, onerror: fail });
  document.head.append(script);
}));
const sortable = (root) => all("[data-sort]:not([data-ready])", root).forEach(async (list) => {
  list.dataset.ready = "yes";
  await fetchSorter(list.dataset.sort);
  window.Sortable.create(list, {
    handle: ".grip", animation: 120, forceFallback: true, fallbackClass: "dragged",
    onEnd: () => list.dispatchEvent(new CustomEvent("sorted", { bubbles: true })),
  });
});

on("sorted", "[data-submit-on-sort]", (list) => list.closest("form")?.requestSubmit());

const settle = (root = document) => {
  sortable(root);
  all(".bulk[id]").forEach(count);
  if (window.drawCharts) window.drawCharts(root);
};
document.addEventListener("htmx:after:swap", () => settle());
document.addEventListener("DOMContentLoaded", () => {
  settle();
  // A long row of tabs on a narrow screen: show where one is.
  const tab = document.querySelector("nav.tabs [aria-current]");
  if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;
});
