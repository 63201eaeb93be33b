// Bars are told apart by their texture as well as by their colour: the same one on a canvas and in a legend.

import type { Texture } from "./chart-data.ts";
import type { ColourName } from "./colours.ts";
import { colourOf, cssColour } from "./theme.ts";

const TILE = 6;

/** For a canvas; a plain colour where the texture is solid. */
export function fillOf(context: CanvasRenderingContext2D, name: ColourName, texture: Texture): string | CanvasPattern {
  const colour = colourOf(name);
  if (texture === "solid") return colour;
  const scale = devicePixelRatio;
  const tile = document.createElement("canvas");
  tile.width = TILE * scale;
  tile.height = TILE * scale;
  const pen = tile.getContext("2d");
  if (pen === null) return colour;
  pen.scale(scale, scale);
  pen.globalAlpha = 0.3;
  pen.fillStyle = colour;
  pen.fillRect(0, 0, TILE, TILE);
  pen.globalAlpha = 1;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.6;
  pen.beginPath();
  for (const [fromX, fromY, toX, toY] of strokes[texture]) {
    pen.moveTo(fromX, fromY);
    pen.lineTo(toX, toY);
  }
  pen.stroke();
  if (texture === "dots") pen.fillRect(2, 2, 2.4, 2.4);
  if (texture === "sparse") pen.fillRect(1, 1, 1.4, 1.4);
  return context.createPattern(tile, "repeat") ?? colour;
}

type Stroke = readonly [number, number, number, number];

const strokes: Readonly<Record<Exclude<Texture, "solid">, readonly Stroke[]>> = {
  rising: [
    [-1, 7, 7, -1],
    [-1, 1, 1, -1],
    [5, 7, 7, 5],
  ],
  falling: [
    [-1, -1, 7, 7],
    [5, -1, 7, 1],
    [-1, 5, 1, 7],
  ],
  grid: [
    [3, 0, 3, 6],
    [0, 3, 6, 3],
  ],
  level: [[0, 3, 6, 3]],
  upright: [[3, 0, 3, 6]],
  dots: [],
  sparse: [],
};

/** The same for a legend: CSS's `background`. */
export function textureStyle(name: ColourName, texture: Texture): string {
  const colour = cssColour(name);
  const pale = `color-mix(in srgb, ${colour} 30%, transparent)`;
  const lines = (angle: string): string =>
    `repeating-linear-gradient(${angle}, ${colour} 0 1.5px, transparent 1.5px 4.5px), ${pale}`;
  switch (texture) {
    case "solid":
      return colour;
    case "rising":
      return lines("-45deg");
    case "falling":
      return lines("45deg");
    case "level":
      return lines("0deg");
    case "upright":
      return lines("90deg");
    case "grid":
      return `repeating-linear-gradient(0deg, ${colour} 0 1.5px, transparent 1.5px 4.5px), ${lines("90deg")}`;
    case "dots":
      return `radial-gradient(${colour} 1.3px, transparent 1.4px) 0 0 / 5px 5px, ${pale}`;
    case "sparse":
      return `radial-gradient(${colour} 0.8px, transparent 0.9px) 0 0 / 5px 5px, ${pale}`;
  }
}
