"use strict";
(() => {
  const endMs = Number(document.body.dataset.end);
  const audio = document.querySelector("audio");
  const wave = document.querySelector(".wave");
  const scroller = document.querySelector(".scroll");
  const playhead = document.getElementById("playhead");
  const now = document.getElementById("now");
  const caption = document.getElementById("caption");
  const rows = [...document.querySelectorAll("tr[data-turn]")];
  let atMs = 0;
  let current = null;

  const clock = (ms) => {
    const tenths = Math.floor(ms / 100);
    const two = (n) => String(n).padStart(2, "0");
    return `${two(Math.floor(tenths / 600))}:${two(Math.floor(tenths / 10) % 60)}.${tenths % 10}`;
  };

  function showRow() {
    const row = rows.filter((r) => r.dataset.start <= atMs && atMs < r.dataset.stop).pop() ?? null;
    if (row === current) return;
    current?.removeAttribute("aria-current");
    row?.setAttribute("aria-current", "true");
    current = row;
    document.querySelectorAll("svg.is-now").forEach((e) => e.classList.remove("is-now"));
    if (row) {
      wave.querySelector(`svg[data-turn="${row.dataset.turn}"]`)?.classList.add("is-now");
    }
    const words = row?.querySelector(".bubble").cloneNode(true);
    words?.querySelectorAll("ins").forEach((missed) => missed.remove());
    caption.textContent = words ? `${row.querySelector("th").textContent}：${words.textContent}` : "";
  }

  function show(ms) {
    atMs = Math.min(Math.max(ms, 0), endMs);
    const across = `${(atMs * 100) / endMs}%`;
    playhead.setAttribute("x1", across);
    playhead.setAttribute("x2", across);
    now.textContent = clock(atMs);
    wave.setAttribute("aria-valuenow", String(Math.floor(atMs / 1000)));
    wave.setAttribute("aria-valuetext", clock(atMs));
    showRow();
  }

  function reveal() {
    const x = (atMs / endMs) * wave.clientWidth;
    if (x < scroller.scrollLeft || x > scroller.scrollLeft + scroller.clientWidth - 24) {
      scroller.scrollLeft = x - scroller.clientWidth / 3;
    }
  }

  function seek(ms, play) {
    show(ms);
    reveal();
    if (!audio) return;
    audio.currentTime = atMs / 1000;
    if (play) audio.play().catch(() => {});
  }

  function follow() {
    show(audio.currentTime * 1000);
    reveal();
    if (!audio.paused && !audio.ended) requestAnimationFrame(follow);
  }

  function press(group, button) {
    for (const other of group) other.setAttribute("aria-pressed", String(other === button));
  }

  document.addEventListener("click", (event) => {
    const mark = event.target.closest("[data-seek]");
    if (mark) {
      seek(Number(mark.dataset.seek), true);
    } else if (wave.contains(event.target)) {
      const box = wave.getBoundingClientRect();
      seek(((event.clientX - box.left) / box.width) * endMs, true);
    }
  });

  wave.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 10000 : 1000;
    const to = {
      ArrowLeft: atMs - step,
      ArrowDown: atMs - step,
      ArrowRight: atMs + step,
      ArrowUp: atMs + step,
      PageDown: atMs - 10000,
      PageUp: atMs + 10000,
      Home: 0,
      End: endMs,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    seek(to, false);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || !audio || event.target.closest("button, a, audio, input")) return;
    event.preventDefault();
    if (audio.paused) audio.play().catch(() => {});
    else audio.pause();
  });

  const filters = [...document.querySelectorAll("[data-show]")];
  for (const button of filters) {
    button.addEventListener("click", () => {
      press(filters, button);
      for (const card of document.querySelectorAll("[data-verdict]")) {
        card.hidden = !["all", card.dataset.verdict].includes(button.dataset.show);
      }
    });
  }

  const zooms = [...document.querySelectorAll("[data-zoom]")];
  for (const button of zooms) {
    button.addEventListener("click", () => {
      press(zooms, button);
      wave.style.width = `${Number(button.dataset.zoom) * 100}%`;
      reveal();
    });
  }

  addEventListener("beforeprint", () => {
    filters[0]?.click();
    zooms[0]?.click();
  });

  if (audio) {
    audio.addEventListener("play", follow);
    audio.addEventListener("seeked", () => show(audio.currentTime * 1000));
    audio.addEventListener("error", () => {
      caption.textContent = "录音无法播放：浏览器不支持这种格式。";
    });
  }
  show(0);
})();
