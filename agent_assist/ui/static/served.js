"use strict";
(() => {
  const DESKS = { vip: "VIP座席", gotone: "全球通座席", general: "普通座席" };
  const list = document.getElementById("calls");
  const count = document.getElementById("count");
  const time = (ms) => `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;
  const span = (text, tag = "span") => {
    const node = document.createElement(tag);
    node.textContent = text;
    return node;
  };
  const row = (call) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `calls/${encodeURIComponent(call.call_id)}/`;
    link.append(span(call.call_id, "b"), span(DESKS[call.desk] || call.desk));
    link.append(span(`${call.agent.name} ${call.agent.id}`.trim()));
    link.append(span(call.running ? `通话中 ${time(call.at_ms)}` : `已结束 ${time(call.at_ms)}`));
    item.append(link);
    return item;
  };
  const read = async () => {
    try {
      const calls = await (await fetch("calls")).json();
      list.replaceChildren(...calls.map(row));
      count.textContent = `正在进行 ${calls.filter((call) => call.running).length} 通`;
    } catch {
      count.textContent = "连接已断开，正在重试";
    }
    setTimeout(read, 2000);
  };
  read();
})();
