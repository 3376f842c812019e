/**
 * A drawing's shapes as SVG elements; the server draws the same on stills (`mam/media/drawing_svg.py`).
 *
 * Shapes are `{kind, color, width | size, points | from, to | at, text}` with places of 0..1 of the picture and widths
 * of its height. They are drawn into a box of `across` x `HEIGHT` units, `across` being HEIGHT times the aspect.
 */

export const FORMAT = 1;
export const HEIGHT = 1000;
export const COLORS = {
  red: "#ff3b30",
  yellow: "#ffcc00",
  green: "#34c759",
  blue: "#0a84ff",
  white: "#ffffff",
  black: "#000000",
};
export const LEADING = 1.25; // from one line of letters to the next, of their height
const ASCENT = 0.93; // from the top of the letters' box to where they stand
const LEVELS = 8; // pressures that are told apart
const HEAD = { spread: 0.45, widths: 4.5, least: 0.025, most: 0.6 };
const NS = "http://www.w3.org/2000/svg";

/** An SVG element with attributes. */
export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The colour of a shape as `#rrggbb`. */
export function colorOf(shape) {
  return COLORS[shape.color] ?? shape.color;
}

/** Whether a value is a drawing that this page can show. */
export function isDrawing(value) {
  return value?.version === FORMAT && Array.isArray(value.shapes) && value.shapes.every((shape) => shape?.kind in KINDS);
}

/** The elements of one shape in a box `across` units wide. */
export function shapeElements(shape, across) {
  return KINDS[shape.kind](shape, (place) => [place[0] * across, place[1] * HEIGHT]);
}

const KINDS = {
  pen(shape, at) {
    const places = shape.points.map(at);
    if (places.length === 1) {
      const [[cx, cy]] = places;
      return [draw("circle", { cx, cy, r: (shape.width * HEIGHT * pressed(shape.points[0])) / 2, fill: colorOf(shape) })];
    }
    return runs(shape.points.map(pressed), pieces(places)).map(([level, way]) => path(way, shape, shape.width * level));
  },
  line(shape, at) {
    return [path(`M${at(shape.from)} L${at(shape.to)}`, shape, shape.width)];
  },
  arrow(shape, at) {
    const [tail, tip] = [at(shape.from), at(shape.to)];
    const [x, y] = [tail[0] - tip[0], tail[1] - tip[1]];
    const head = Math.min(Math.max(HEAD.widths * shape.width, HEAD.least) * HEIGHT, HEAD.most * Math.hypot(x, y));
    const side = (turn) => [tip[0] + head * Math.cos(Math.atan2(y, x) + turn), tip[1] + head * Math.sin(Math.atan2(y, x) + turn)];
    return [path(`M${tail} L${tip} M${side(HEAD.spread)} L${tip} L${side(-HEAD.spread)}`, shape, shape.width)];
  },
  box(shape, at) {
    const { x, y, width, height } = frame(shape, at);
    return [draw("rect", { x, y, width, height, ...stroke(shape, shape.width) })];
  },
  ellipse(shape, at) {
    const { x, y, width, height } = frame(shape, at);
    const place = { cx: x + width / 2, cy: y + height / 2, rx: width / 2, ry: height / 2 };
    return [draw("ellipse", { ...place, ...stroke(shape, shape.width) })];
  },
  text(shape, at) {
    const [x, top] = at(shape.at);
    const size = shape.size * HEIGHT;
    const lines = () => shape.text.split("\n").map((line, number) => draw("tspan", { x, y: top + size * (ASCENT + LEADING * number) }, line));
    const rim = isDark(colorOf(shape)) ? "#ffffff" : "#000000";
    const outline = { stroke: rim, "stroke-opacity": 0.6, "stroke-width": size / 8 };
    return [outline, { fill: colorOf(shape) }].map((look) => draw("text", { "font-size": size, ...look }, ...lines()));
  },
};

/** How many times the plain width a point is: 0.4 to 1.6, in steps. */
function pressed(point) {
  return point.length > 2 ? 0.4 + (1.2 * Math.round(point[2] * LEVELS)) / LEVELS : 1;
}

/** The stroke round each point: curves from the middle before it to the middle behind it. */
function pieces(places) {
  const middles = places.slice(1).map(([x, y], number) => [(x + places[number][0]) / 2, (y + places[number][1]) / 2]);
  const inner = places.slice(1, -1).map((place, number) => `M${middles[number]} Q${place} ${middles[number + 1]}`);
  return [`M${places[0]} L${middles[0]}`, ...inner, `M${middles.at(-1)} L${places.at(-1)}`];
}

/** Neighbours of one width as one path. */
function runs(levels, ways) {
  const found = [];
  levels.forEach((level, number) => {
    const last = found.at(-1);
    if (last?.[0] === level) last[1] += ` ${ways[number]}`;
    else found.push([level, ways[number]]);
  });
  return found;
}

function path(way, shape, width) {
  return draw("path", { d: way, ...stroke(shape, width) });
}

function stroke(shape, width) {
  return { stroke: colorOf(shape), "stroke-width": width * HEIGHT };
}

function frame(shape, at) {
  const [[x, y], [toX, toY]] = [at(shape.from), at(shape.to)];
  return { x: Math.min(x, toX), y: Math.min(y, toY), width: Math.abs(toX - x), height: Math.abs(toY - y) };
}

function isDark(color) {
  const [red, green, blue] = [1, 3, 5].map((start) => parseInt(color.slice(start, start + 2), 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue < 80;
}
