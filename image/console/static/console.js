// What the pages do besides when there is a script: copy buttons, showing a password, events of the progress page, a
// guess of the time zone, and waiting for a server that starts anew. Every page works without it.
"use strict";

for (const button of document.querySelectorAll("button[data-copy]")) {
  const words = button.firstChild;
  const label = words.textContent;
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    } catch {
      getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
      return;
    }
    words.textContent = button.dataset.done;
    setTimeout(() => (words.textContent = label), 2000);
  });
}

for (const input of document.querySelectorAll("input[data-reveal]")) {
  const box = document.createElement("input");
  box.type = "checkbox";
  box.id = input.id + "-reveal";
  const label = document.createElement("label");
  label.htmlFor = box.id;
  label.textContent = input.dataset.reveal;
  const line = document.createElement("div");
  line.className = "tick";
  line.append(box, label);
  input.after(line);
  box.addEventListener("change", () => (input.type = box.checked ? "text" : "password"));
  input.form.addEventListener("submit", () => (input.type = "password"));
}

for (const select of document.querySelectorAll("select[data-guess=timezone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...select.options].some((option) => option.value === zone)) select.value = zone;
}

const summary = document.querySelector(".summary");
if (summary) summary.focus();

const states = document.querySelector("[data-events]");
if (states) {
  const events = new EventSource(states.dataset.events);
  let failures = 0;
  events.onmessage = (message) => {
    failures = 0;
    const news = JSON.parse(message.data);
    for (const service of news.services) {
      const line = document.getElementById("service-" + service.name);
      if (!line) return location.reload();
      line.dataset.state = service.state;
      const words = line.querySelector(".words");
      if (words.textContent !== service.words) words.textContent = service.words;
    }
    if (news.well) {
      events.close();
      document.getElementById("well").hidden = false;
    }
  };
  // Signed out, or no place left: the page itself says so.
  events.onerror = () => {
    failures += 1;
    if (events.readyState === EventSource.CLOSED || failures > 5) {
      events.close();
      setTimeout(() => location.reload(), 5000);
    }
  };
}

// The server goes away and comes back: the page is loaded again when it answers after it did not, and not before, for a
// browser that loads a page of a server that is away shows an error and stays there.
if (document.querySelector("[data-away]")) {
  let wasAway = false;
  let times = 0;
  const ask = async () => {
    times += 1;
    try {
      const limit = AbortSignal.timeout(4000);
      const answer = await fetch(location.href, { cache: "no-store", redirect: "manual", signal: limit });
      if (answer.status >= 500) wasAway = true;
      else if (wasAway || times > 12) return location.reload();
    } catch {
      wasAway = true;
    }
    setTimeout(ask, 5000);
  };
  setTimeout(ask, 5000);
}
