// The map: received layers from below, alerts on top. It has no tiles, no letters of its own, and asks nobody but us.

import * as maplibre from "./maplibre/maplibre-gl.mjs";
import { mark } from "./lists.mjs";

// Drawn in this order; what the list does not know lies above the areas. `on`: shown at first.
const STYLES = {
  admin_unit: { line: "#5a7388", width: 1.4, on: true },
  existing_land_use: { fill: "#31424f", opacity: 0.3 },
  planned_zone: { fill: "#37506a", opacity: 0.42, on: true },
  parcel: { line: "#4a5f70", width: 0.5 },
  street_boundary: { fill: "#a7b4be", opacity: 0.45, on: true },
  building: { fill: "#c9a98a", opacity: 0.75, on: true },
  concession: { fill: "#b58cff", opacity: 0.14, edge: "#c3a3ff", on: true },
  street_centreline: { line: "#d8dee3", width: 1 },
  water_pipe: { line: "#4db2ff", width: 1.6 },
  power_line: { line: "#ff8ad1", width: 1.6 },
  hydrant: { point: "#ff5a5a" },
  luminaire: { point: "#ffe27a" },
};
const MARKS = ["match", ["get", "mark"], "critical", "#ff6a55", "high", "#ff6a55", "medium", "#ffb14a", "low", "#ffe08a", "withdrawn", "#8796a3", "#7cc7ee"];
const CALM = matchMedia("(prefers-reduced-motion: reduce)").matches;
const EMPTY = { type: "FeatureCollection", features: [] };

const ALERTS = "alerts"; // no layer of the catalogue is called so; its shapes are the layer "alert"
let map = null;
const drawn = new Map();

export const atFirst = (layer) => layer.drawn && (layer.id === "alert" || STYLES[layer.id]?.on === true);

export function colour(layer) {
  if (layer.id === "alert") return "#ff6a55";
  const style = styleOf(layer);
  return style.edge ?? style.fill ?? style.line ?? style.point;
}

function styleOf(layer) {
  if (Object.hasOwn(STYLES, layer.id)) return STYLES[layer.id];
  if (layer.geometry.includes("Polygon")) return { fill: "#6f8494", opacity: 0.4 };
  return layer.geometry.includes("Line") ? { line: "#9fb4c4", width: 1.2 } : { point: "#9fd0e8" };
}

/** Make the map; resolves when it can be drawn on. Throws where the machine has no WebGL. */
export function open(element, words, pick) {
  map = new maplibre.Map({
    container: element,
    style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": "#0e151c" } }] },
    center: [107, 11.2],
    zoom: 7,
    attributionControl: false,
    dragRotate: false,
    locale: { "NavigationControl.ZoomIn": words.zoomIn, "NavigationControl.ZoomOut": words.zoomOut, "Map.Title": words.title },
  });
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibre.ScaleControl({ unit: "metric" }), "bottom-right");
  map.touchZoomRotate.disableRotation();
  map.on("click", "alert-points", (event) => pick(event.features[0].properties.uid));
  map.on("mouseenter", "alert-points", () => (map.getCanvas().style.cursor = "pointer"));
  map.on("mouseleave", "alert-points", () => (map.getCanvas().style.cursor = ""));
  map.on("dataloading", () => (document.body.dataset.map = "moving"));
  map.on("movestart", () => (document.body.dataset.map = "moving"));
  map.on("idle", () => (document.body.dataset.map = "still"));
  return new Promise((ready) => map.once("load", ready)).then(alertLayers);
}

function alertLayers() {
  map.addSource("alert", { type: "geojson", data: EMPTY });
  map.addSource(ALERTS, { type: "geojson", data: EMPTY });
  map.addLayer({ id: "alert-fill", source: "alert", type: "fill", paint: { "fill-color": "#ff6a55", "fill-opacity": 0.35 } });
  map.addLayer({ id: "alert-edge", source: "alert", type: "line", paint: { "line-color": "#ff8a78", "line-width": 2 } });
  map.addLayer({
    id: "alert-halo", source: ALERTS, type: "circle", filter: ["==", ["get", "uid"], ""],
    paint: { "circle-radius": 15, "circle-opacity": 0, "circle-stroke-color": "#6cc4ff", "circle-stroke-width": 3 },
  });
  map.addLayer({
    id: "alert-points", source: ALERTS, type: "circle",
    paint: { "circle-radius": 8, "circle-color": MARKS, "circle-opacity": 0.92, "circle-stroke-color": "#0e151c", "circle-stroke-width": 2 },
  });
}

/** Alerts as points in the middle of what they cover. */
export function putAlerts(alerts) {
  map.getSource(ALERTS).setData({
    type: "FeatureCollection",
    features: alerts.filter((alert) => alert.bounds).toReversed().map((alert) => ({
      type: "Feature",
      properties: { uid: alert.uid, mark: mark(alert) },
      geometry: { type: "Point", coordinates: [(alert.bounds[0] + alert.bounds[2]) / 2, (alert.bounds[1] + alert.bounds[3]) / 2] },
    })),
  });
}

export const halo = (uid) => map?.setFilter("alert-halo", ["==", ["get", "uid"], uid ?? ""]);

/** Show a layer or hide it; its shapes are fetched the first time, and again where `version` has changed. */
export function show(layer, visible, version) {
  if (visible && drawn.get(layer.id) !== version) {
    const address = new URL(`layers/${layer.id}.geojson?v=${encodeURIComponent(version)}`, location.href).href;
    if (layer.id === "alert" || drawn.has(layer.id)) map.getSource(layer.id).setData(address);
    else add(layer, address);
    drawn.set(layer.id, version);
  }
  for (const part of map.getStyle().layers) {
    const ours = part.source === layer.id || (layer.id === "alert" && part.source === ALERTS);
    if (ours) map.setLayoutProperty(part.id, "visibility", visible ? "visible" : "none");
  }
}

function add(layer, address) {
  const style = styleOf(layer);
  map.addSource(layer.id, { type: "geojson", data: address });
  const below = above(layer.id);
  const put = (type, paint) => map.addLayer({ id: `${layer.id}/${type}`, source: layer.id, type, paint }, below);
  if (style.fill) put("fill", { "fill-color": byValue(layer, style.fill), "fill-opacity": style.opacity });
  if (style.edge) put("line", { "line-color": style.edge, "line-width": 1.5, "line-dasharray": [3, 2] });
  if (style.line) put("line", { "line-color": style.line, "line-width": style.width });
  if (style.point) put("circle", { "circle-color": style.point, "circle-radius": ["interpolate", ["linear"], ["zoom"], 11, 1.2, 17, 5] });
}

function byValue(layer, otherwise) {
  if (!layer.colours) return otherwise;
  return ["match", ["to-string", ["get", layer.colours.field]], ...Object.entries(layer.colours.values).flat(), otherwise];
}

/** The first part of the map that lies above a layer. */
function above(id) {
  const order = Object.keys(STYLES);
  const rank = (one) => (order.indexOf(one) + 1 || order.indexOf("concession") + 1.5);
  return map.getStyle().layers.find((part) => part.source && (part.source.startsWith("alert") || rank(part.source) > rank(id)))?.id;
}

export function go(extents, least = 0.004) {
  const found = extents.filter(Boolean);
  if (!map || !found.length) return;
  const side = (at, choose) => choose(...found.map((extent) => extent[at]));
  const [west, south, east, north] = [side(0, Math.min), side(1, Math.min), side(2, Math.max), side(3, Math.max)];
  const grow = Math.max(0, least - (east - west)) / 2;
  map.fitBounds([[west - grow, south], [east + grow, north]], { padding: { top: 80, right: 70, bottom: 80, left: 70 }, maxZoom: 17, animate: !CALM, duration: 900 });
}
