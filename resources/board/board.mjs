// The page: asks what has been received, shows it, and asks again every half minute.

import * as lists from "./lists.mjs";
import * as map from "./map.mjs";
import { clock, current, day, load, number, speak, value, word } from "./words.mjs";

const EVERY_MS = 30_000;
const at = (id) => document.getElementById(id);

const state = { received: null, text: "", chosen: null, shown: null, mapped: false, proof: null, asked: null, trouble: null };

class Refused extends Error {
  constructor(sentence) {
    super("refused");
    this.sentence = sentence;
  }
}

async function ask(address) {
  const answer = await fetch(address);
  const text = await answer.text();
  if (answer.status === 503) throw new Refused(JSON.parse(text).sentence);
  if (!answer.ok) throw new Error(String(answer.status));
  return text;
}

async function refresh() {
  try {
    const text = await ask("received.json");
    state.trouble = null;
    state.asked = new Date();
    if (text !== state.text) {
      state.text = text;
      state.received = JSON.parse(text);
      state.shown ??= new Set(state.received.layers.filter(map.atFirst).map((layer) => layer.id));
      draw();
      prove();
    }
  } catch (error) {
    state.trouble = error;
  }
  write();
}

async function prove() {
  state.proof = null;
  writeProof();
  try {
    state.proof = JSON.parse(await ask("proof.json"));
  } catch (error) {
    state.proof = { trouble: error };
  }
  writeProof();
  document.body.dataset.state = "proved";
}

function write() {
  const { received } = state;
  at("trouble").hidden = state.trouble === null;
  if (state.trouble) at("trouble").textContent = state.trouble.sentence?.[current()] ?? word("no_answer");
  at("asked").textContent = state.asked ? clock(state.asked) : "";
  at("language").textContent = current() === "vi" ? "English" : "Tiếng Việt";
  at("language").lang = current() === "vi" ? "en" : "vi";
  at("map").setAttribute("aria-label", word("map"));
  at("legend").replaceChildren(
    ...["high", "medium", "low", "informational", "withdrawn"].map((one) => lists.make("span", { "data-mark": one, text: value("severity", one) })),
  );
  if (!received) return;
  at("target").textContent = `${value("kind", received.kind)}: ${received.target}`;
  at("data-date").textContent = day(received.data_date);
  at("simulated").hidden = !received.simulated;
  at("no-alerts").hidden = received.alerts.length > 0;
  at("features").textContent = word("features", { n: number(received.layers.reduce((sum, layer) => sum + layer.count, 0)) });
  lists.showCounts(at("counts"), received.alerts);
  lists.showAlerts(at("alerts"), received.alerts, state.chosen, choose);
  lists.showLayers(at("layers"), received.layers, state.shown, map.colour, change, (layer) => map.go([layer.extent]));
}

function writeProof() {
  const { proof } = state;
  const how = !proof ? "asking" : proof.trouble ? "failed" : proof.wrong ? "spoilt" : "whole";
  at("proof").dataset.proof = how === "failed" ? "spoilt" : how;
  at("proof-word").textContent = how === "asking" || how === "failed" ? word(`proof.${how}`) : word(`proof.${proof.kind}.${how}`, { checked: number(proof.checked), wrong: number(proof.wrong) });
  at("proof-problems").hidden = !proof?.wrong;
  at("proof-problems").replaceChildren(...(proof?.problems ?? []).map((text) => lists.make("li", { text })));
}

function draw() {
  if (!state.mapped) return;
  map.putAlerts(state.received.alerts);
  for (const layer of state.received.layers) if (layer.drawn && state.shown.has(layer.id)) map.show(layer, true, state.received.version);
}

function change(id, visible) {
  state.shown[visible ? "add" : "delete"](id);
  const layer = state.received.layers.find((one) => one.id === id);
  if (state.mapped) map.show(layer, visible, state.received.version);
}

function choose(uid) {
  state.chosen = uid;
  write();
  const button = [...at("alerts").querySelectorAll("button")].find((one) => one.dataset.uid === uid);
  button?.focus({ preventScroll: true });
  button?.scrollIntoView({ block: "nearest" });
  if (!state.mapped) return;
  map.halo(uid);
  map.go([state.received.alerts.find((alert) => alert.uid === uid)?.bounds]);
}

const toAlerts = () => map.go(state.received?.alerts.map((alert) => alert.bounds) ?? []);
const toAll = () => map.go(state.received?.layers.map((layer) => layer.extent) ?? []);

async function openMap() {
  try {
    await map.open(at("map"), { zoomIn: word("zoom_in"), zoomOut: word("zoom_out"), title: word("map") }, choose);
  } catch {
    at("no-map").hidden = false;
    document.body.dataset.map = "none";
    return;
  }
  state.mapped = true;
  if (state.received) draw();
  if (state.received?.alerts.some((alert) => alert.bounds)) toAlerts();
  else toAll();
}

async function start() {
  await load();
  const wanted = new URLSearchParams(location.search);
  speak(wanted.get("lang"));
  at("language").addEventListener("click", () => {
    speak(current() === "vi" ? "en" : "vi");
    write();
    writeProof();
  });
  at("proof").addEventListener("click", prove);
  at("to-alerts").addEventListener("click", toAlerts);
  at("to-all").addEventListener("click", toAll);
  writeProof();
  await refresh();
  await openMap();
  const alert = wanted.get("alert");
  if (alert && state.received?.alerts.some((one) => one.uid === alert)) choose(alert);
  setInterval(refresh, EVERY_MS);
}

start();
