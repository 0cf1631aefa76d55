"use strict";
(() => {
  const STALE_MS = 6000;
  const FADE_MS = 1500;
  const REOPEN_MS = 2000;
  const NOTICE_MS = 6000;
  const $ = (id) => document.getElementById(id);
  const body = document.body;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let state = null;
  let base = { at: 0, then: 0 };
  let heardAt = performance.now();
  let source = null;
  let lineId = "";
  let noticeUntil = 0;
  let closedCard = "";

  // ── small tools ──────────────────────────────────────────────────────────────
  const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const show = (element, yes) => { if (element.hidden === yes) element.hidden = !yes; };
  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  };
  const clock = (ms) => {
    const seconds = Math.max(0, Math.floor(ms / 1000));
    return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
  };
  const running = () => Boolean(state && state.call && state.call.running);
  const since = () => Math.min(performance.now() - base.then, STALE_MS);
  const now = () => (running() ? base.at + since() * state.speed : base.at);

  // ── what is asked of the server ──────────────────────────────────────────────
  const notice = (text) => { noticeUntil = performance.now() + NOTICE_MS; put($("notice"), text); show($("notice"), true); };
  const post = async (path, content) => {
    try {
      const answer = await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(content),
      });
      if (!answer.ok) notice((await answer.json()).error.message);
    } catch {
      notice("没有送到，请稍后再试");
    }
  };
  const ofCall = (verb, content) => running() && post(`/calls/${encodeURIComponent(state.call.id)}/${verb}`, content);
  const choose = (id) => ofCall("situation", { situation_id: id });
  const next = () => state && state.line && choose(state.line.situation_id);

  // ── drawing ──────────────────────────────────────────────────────────────────
  const drawCall = () => {
    const call = state.call;
    body.dataset.phase = running() ? "running" : call ? "ended" : "idle";
    put($("phase"), running() ? "通话中" : call ? "通话结束" : "未接通");
    const deaf = Boolean(call && !call.heard.length);
    body.classList.toggle("is-deaf", deaf);
    show($("by-hand"), running() && deaf);
    const facts = call ? [
      call.desk_title,
      [call.agent_name, call.agent_id].filter(Boolean).join(" "),
      call.number && `来电 ${call.number}`,
      call.queue_wait_s ? `排队 ${Math.round(call.queue_wait_s)} 秒` : "",
      call.hung_up_by,
    ] : [];
    put($("facts"), facts.filter(Boolean).join(" · "));
    show($("start"), !running() && state.controls);
    show($("hang"), running() && state.controls);
  };

  const drawStages = () => {
    const list = $("stages");
    if (list.childElementCount !== state.stages.length) {
      list.replaceChildren(...state.stages.map((stage) => make("li", "", stage.title)));
    }
    state.stages.forEach((stage, i) => {
      list.children[i].classList.toggle("now", stage.now);
      if (stage.now) list.children[i].setAttribute("aria-current", "step");
      else list.children[i].removeAttribute("aria-current");
    });
  };

  const drawLine = () => {
    const line = state.line;
    const box = document.querySelector(".line");
    const say = $("say");
    box.classList.toggle("has-line", Boolean(line));
    box.classList.toggle("is-mandated", Boolean(line && line.mandated));
    put($("status"), line ? line.status : "");
    const others = running() && state.situation.id ? state.situation.title : "";
    put($("situation"), line ? line.title : others);
    show($("next"), Boolean(line) && running() && !state.call.heard.length);
    const text = line ? line.chars.map(([char]) => char).join("") : "";
    say.classList.toggle("is-rest", !line);
    say.classList.toggle("is-advice", text.startsWith("（"));
    if (!line) {
      lineId = "";
      const rest = running() ? (state.call.heard.length ? "请倾听客户" : "点选情形，显示下一句") : state.call ? "通话已结束" : "等待来电";
      put(say, rest);
      put($("say-aloud"), rest);
      return;
    }
    if (line.id !== lineId) {
      lineId = line.id;
      say.replaceChildren(...line.chars.map(([char]) => make("span", "", char)));
      put($("say-aloud"), `请说：${text}`);
    }
    line.chars.forEach(([, said], i) => say.children[i].classList.toggle("said", said));
  };

  const drawDue = () => {
    const line = state && state.line;
    const timed = Boolean(line && line.due_ms !== null && running());
    show($("due"), timed);
    if (!timed) return;
    const left = line.due_ms - now();
    const late = left <= 0;
    const whole = Math.max(1, line.due_ms - line.shown_ms);
    const shown = still.matches ? Math.ceil(left / 1000) * 1000 : left;
    const share = late ? 100 : Math.min(100, Math.max(0, (shown / whole) * 100));
    $("due").classList.toggle("is-late", late && line.timing === "by");
    $("ring").style.strokeDashoffset = String(100 - share);
    put($("left"), late ? "▶" : still.matches ? String(Math.ceil(left / 1000)) : (left / 1000).toFixed(1));
    put($("due-word"), line.timing === "by" ? (late ? "请尽快说" : "秒内说") : late ? "现在说" : "秒后说");
  };

  const drawChips = () => {
    const box = $("chips");
    if (box.childElementCount !== state.chips.length) {
      box.replaceChildren(...state.chips.map((chip, i) => {
        const button = make("button", "", "");
        button.type = "button";
        button.title = chip.title;
        button.dataset.situation = chip.id;
        button.append(make("kbd", "", String(i + 1)), make("span", "", chip.name));
        return button;
      }));
    }
    state.chips.forEach((chip, i) => {
      box.children[i].setAttribute("aria-pressed", String(chip.active && running()));
    });
    for (const button of document.querySelectorAll("[data-situation]")) button.disabled = !running();
  };

  const flagOf = (flag) => {
    const item = make("li", "flag");
    item.dataset.id = flag.id;
    const head = make("p", "flag-head");
    head.append("▲ ", make("b", "", flag.title), flag.said ? `　刚才说了「${flag.said}」` : flag.fact ? `　${flag.fact}` : "");
    const say = make("p", "flag-say");
    if (flag.instead) say.append(make("span", "", "可以说："), flag.instead);
    else say.append(flag.message);
    item.append(head, say);
    return item;
  };
  const drawFlags = () => {
    const list = $("flags");
    const wanted = state.flags.map((flag) => flag.id).join();
    if ([...list.children].map((item) => item.dataset.id).join() !== wanted) {
      list.replaceChildren(...state.flags.map(flagOf));
    }
  };
  const fadeFlags = () => {
    if (!running()) return;
    state.flags.forEach((flag, i) => {
      const item = $("flags").children[i];
      if (!item) return;
      item.classList.toggle("is-fading", now() > flag.until_ms - FADE_MS);
      show(item, now() < flag.until_ms);
    });
  };

  const drawCard = () => {
    const card = state.card && state.card.id !== closedCard ? state.card : null;
    show($("card"), Boolean(card));
    if (!card || $("card").dataset.id === card.id) return;
    $("card").dataset.id = card.id;
    put($("card-title"), card.title);
    $("card-lines").replaceChildren(...card.lines.map((line) => make("li", "", line)));
    put($("card-source"), `出处：${card.source}`);
  };
  const closeCard = () => { if (state && state.card) { closedCard = state.card.id; drawCard(); } };

  const drawGauge = (id, gauge, unit) => {
    const box = $(id);
    box.className = `gauge is-${gauge.where}`;
    for (const name of ["low", "high", "share"]) box.style.setProperty(`--${name}`, String(gauge[name] ?? 0));
    put(box.querySelector(".value"), gauge.value === null ? "—" : `${gauge.value} ${unit} ${gauge.word}`);
  };

  const drawTurns = () => {
    const key = JSON.stringify(state.turns);
    const list = $("turns");
    if (list.dataset.key !== key) {
      list.dataset.key = key;
      list.replaceChildren(...state.turns.map((turn) => {
        const item = make("li", `of-${turn.channel}`);
        item.append(make("b", "", turn.who), make("span", "", turn.text));
        return item;
      }));
    }
    const names = { agent: "座席", customer: "客户" };
    put($("speaking"), state.speaking.length ? `${state.speaking.map((c) => names[c]).join("、")}正在说话` : "");
  };

  const draw = () => {
    drawCall();
    drawStages();
    drawLine();
    drawChips();
    drawFlags();
    drawCard();
    drawGauge("pace", state.pace, "字/分");
    drawGauge("level", state.level, "dB");
    drawTurns();
    if (state.notice) { put($("notice"), state.notice); show($("notice"), true); }
    tick();
  };

  const tick = () => {
    const at = performance.now();
    show($("veil"), at - heardAt > STALE_MS);
    if (!state) return;
    const call = state.call;
    put($("clock"), call ? clock((call.running ? now() : call.ended_ms) - call.since_ms) : "");
    drawDue();
    fadeFlags();
    if (!state.notice && at > noticeUntil) show($("notice"), false);
  };

  // ── the stream ───────────────────────────────────────────────────────────────
  const heard = (at) => { heardAt = performance.now(); base = { at, then: heardAt }; };
  const open = () => {
    source = new EventSource("state");
    source.addEventListener("state", (message) => {
      state = JSON.parse(message.data);
      heard(state.at_ms);
      draw();
    });
    source.addEventListener("clock", (message) => { heard(JSON.parse(message.data).at_ms); tick(); });
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(open, REOPEN_MS);
    });
  };

  // ── hands ────────────────────────────────────────────────────────────────────
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-situation]");
    if (!button) return;
    choose(button.dataset.situation);
    $("more").open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (event.key === "Escape") { if ($("more").open) $("more").open = false; else closeCard(); }
    if (event.target.closest("select, input, textarea")) return;
    const chip = state && state.chips[Number(event.key) - 1];
    if (chip) choose(chip.id);
    else if (event.key.toLowerCase() === "n" && !$("next").hidden) next();
  });
  $("next").addEventListener("click", next);
  $("card-close").addEventListener("click", closeCard);
  $("connect").addEventListener("click", () => post("/calls", { call_id: `page-${Date.now()}`, desk: $("desk").value }));
  $("hang-up").addEventListener("click", () => ofCall("end", { hung_up_by: "agent" }));
  $("gone").addEventListener("click", () => ofCall("end", { hung_up_by: "customer" }));

  const frame = () => { drawDue(); setTimeout(() => requestAnimationFrame(frame), still.matches ? 500 : 60); };
  setInterval(tick, 250);
  open();
  frame();
})();
