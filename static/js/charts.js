// Chart.js for the few charts that need a pointer; colours and rules come from the tokens of the page.
(() => {
  const drawn = new Map();
  const probe = document.createElement("span");
  probe.hidden = true;
  // light-dark() only resolves on an element, so ask one.
  const token = (name) => {
    probe.style.color = `var(${name})`;
    if (!probe.isConnected) document.body.append(probe);
    return getComputedStyle(probe).color;
  };
  const faint = (colour) => `color-mix(in srgb, ${colour} 12%, transparent)`;
  const dress = (set, i, kind) => {
    const many = ["doughnut", "pie"].includes(kind);
    const colour = set.before ? token("--c7") : token(`--c${(set.colour ?? i + 1)}`);
    return {
      borderColor: many ? token("--surface") : colour,
      backgroundColor: many ? set.data.map((_, n) => token(`--c${(n % 8) + 1}`))
        : kind === "bar" ? colour : faint(colour),
      borderWidth: kind === "bar" ? 0 : 2, borderRadius: kind === "bar" ? 3 : 0, borderDash: set.before ? [4, 4] : [],
      pointRadius: 0, pointHitRadius: 12, tension: 0, fill: kind === "line" && !set.before, ...set,
    };
  };
  const axes = (kind) => ["doughnut", "pie"].includes(kind) ? {} : {
    x: {
      grid: { display: false }, border: { color: token("--line-control") },
      ticks: { color: token("--ink-2"), maxTicksLimit: 7 },
    },
    y: {
      beginAtZero: true, grid: { color: token("--line") }, border: { display: false },
      ticks: { color: token("--ink-2"), maxTicksLimit: 6 },
    },
  };
  const draw = (canvas) => {
    const told = JSON.parse(canvas.parentElement.querySelector('script[type="application/json"]').textContent);
    const kind = told.type || "line";
    drawn.get(canvas)?.destroy();
    window.Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    drawn.set(canvas, new window.Chart(canvas, {
      type: kind,
      data: { labels: told.labels, datasets: told.datasets.map((set, i) => dress(set, i, kind)) },
      options: {
        responsive: true, maintainAspectRatio: false, animation: false,
        interaction: { mode: "index", intersect: false },
        plugins: { legend: { display: false } }, scales: axes(kind), ...(kind === "doughnut" ? { cutout: "68%" } : {}),
      },
    }));
  };
  let loading;
  const load = (source) => (loading ??= window.Chart ? Promise.resolve() : new Promise((done, fail) => {
    const script = document.createElement("script");
    Object.assign(script, { src: source, onload: done, onerror: fail });
    document.head.append(script);
  }));
  window.drawCharts = async (root = document) => {
    const fresh = [...root.querySelectorAll("canvas[data-chart]")].filter((canvas) => !drawn.has(canvas));
    if (!fresh.length) return;
    await load(fresh[0].dataset.chart);
    for (const canvas of drawn.keys()) if (!canvas.isConnected) { drawn.get(canvas).destroy(); drawn.delete(canvas); }
    fresh.forEach(draw);
  };
  document.documentElement.addEventListener("themechange", () => [...drawn.keys()].forEach(draw));
})();
