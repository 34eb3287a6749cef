// Runs before the first paint, so that a chosen theme never flashes the other one.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => { try { return localStorage.getItem("data-theme"); } catch { return null; } };
  const show = () => {
    const theme = chosen();
    if (theme) root.dataset.theme = theme;
    root.dataset.themeNow = theme || (system.matches ? "dark" : "light");
    root.dispatchEvent(new Event("themechange"));
  };
  addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-theme-to]");
    if (!button) return;
    const theme = button.dataset.themeTo;
    try { localStorage.setItem("data-theme", theme); } catch { root.dataset.theme = theme; }
    show();
  });
  system.addEventListener("change", show);
  addEventListener("storage", show);
  show();
})();
