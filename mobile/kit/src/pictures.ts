/** How products are drawn: a few shapes on a grid of 48, each in the tones of one colour. */

/** `body`, `shade` and `light` are the product's colour; `paper` is a label, `tile` shows what is behind. */
export type Tone = "body" | "shade" | "light" | "paper" | "tile";
export type Stroke = readonly [tone: Tone, path: string];

/** A product's picture as records name it. */
export interface Picture {
  shape: string;
  colour: string;
}

const disc = (x: number, y: number, r: number): string => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
const discs = (r: number, ...at: readonly (readonly [number, number])[]): string => at.map(([x, y]) => disc(x, y, r)).join("");

const box: readonly Stroke[] = [
  ["light", "M8 17l16-7 16 7-16 7z"],
  ["body", "M8 17l16 7v18L8 34z"],
  ["shade", "M40 17l-16 7v18l16-8z"],
  ["paper", "M15.5 13.7l16 7v6l-3-1.4v-3.4l-16-7z"],
];

const shapes: Readonly<Record<string, readonly Stroke[]>> = {
  box,
  sack: [
    ["body", "M13 14c-2 6-3 14-2 24 0 2 2 3 4 3h18c2 0 4-1 4-3 1-10 0-18-2-24z"],
    ["shade", "M14 8h20l1 6.5H13z"],
    ["paper", "M17 21h14v12H17z"],
    ["body", "M24 23c3.5 2.5 3.5 5.5 0 8-3.5-2.5-3.5-5.5 0-8z"],
  ],
  bag: [
    ["body", "M14 9h20v30a2 2 0 0 1-2 2H16a2 2 0 0 1-2-2z"],
    ["shade", "M14 9h20v5H14z"],
    ["paper", disc(24, 27, 7)],
    ["body", disc(24, 27, 3.5)],
  ],
  packet: [
    ["body", "M11 11l2.6-2 2.6 2 2.6-2 2.6 2 2.6-2 2.6 2 2.6-2 2.6 2 2.6-2 2.6 2v26l-2.6 2-2.6-2-2.6 2-2.6-2-2.6 2-2.6-2-2.6 2-2.6-2-2.6 2-2.6-2z"],
    ["paper", "M11 18h26v12H11z"],
    ["body", "M15 21.5h18v2H15zM15 25.5h11v2H15z"],
  ],
  block: [
    ["light", "M8 21l6-7h26l-6 7z"],
    ["body", "M8 21h26v15H8z"],
    ["shade", "M34 21l6-7v15l-6 7z"],
    ["paper", "M8 21l6-7h7l-6 7v15H8z"],
  ],
  tin: [
    ["body", "M12 14v22c0 5.5 24 5.5 24 0V14z"],
    ["light", "M24 9.5c-7.5 0-12 1.9-12 4.5s4.5 4.5 12 4.5 12-1.9 12-4.5-4.5-4.5-12-4.5z"],
    ["paper", "M12 21.5c4 3.5 20 3.5 24 0v10c-4 3.5-20 3.5-24 0z"],
    ["shade", disc(24, 28.5, 3)],
  ],
  can: [
    ["body", "M15.5 13v24c0 4 17 4 17 0V13z"],
    ["light", "M24 9c-5.5 0-8.5 1.5-8.5 3.7s3 3.7 8.5 3.7 8.5-1.5 8.5-3.7S29.5 9 24 9z"],
    ["paper", "M15.5 31c6-1 11-6 17-9v7c-5 3-11 6.5-17 8z"],
  ],
  jar: [
    ["body", "M13 19c0-3 2-4.5 4-4.5h14c2 0 4 1.5 4 4.5v19a3 3 0 0 1-3 3H16a3 3 0 0 1-3-3z"],
    ["shade", "M15 8h18v6.5H15z"],
    ["paper", "M13 22h22v12H13z"],
    ["body", disc(24, 28, 3.5)],
  ],
  bottle: [
    ["body", "M21 9h6v6c0 3.5 5.5 4.5 5.5 10v14a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2V25c0-5.5 5.5-6.5 5.5-10z"],
    ["shade", "M20 5.5h8V11h-8z"],
    ["paper", "M15.5 25h17v10h-17z"],
    ["body", "M19 28h10v1.8H19zM19 31.2h6V33h-6z"],
  ],
  jug: [
    ["body", "M13 17l6-5h13a3 3 0 0 1 3 3v23a3 3 0 0 1-3 3H16a3 3 0 0 1-3-3z"],
    ["shade", "M17 6.5h8V12h-8z"],
    ["tile", "M26 16h5v10h-2.5v-7H26z"],
    ["paper", "M16.5 28h15v9h-15z"],
    ["body", "M20 31.5h8v2h-8z"],
  ],
  carton: [
    ["light", "M14 17l4.5-8h11l4.5 8z"],
    ["shade", "M18.5 6h11v3h-11z"],
    ["body", "M14 17h20v24H14z"],
    ["paper", "M14 29c4-3.5 8 2.5 13-1 2.5-1.8 5-1 7 .5V41H14z"],
    ["shade", "M30 17h4v24h-4z"],
  ],
  pail: [
    ["shade", "M12 15C14 3 34 3 36 15h-2C32 6 16 6 14 15z"],
    ["body", "M12 16h24l-3 23a2 2 0 0 1-2 2H17a2 2 0 0 1-2-2z"],
    ["light", "M10.5 14h27v4h-27z"],
    ["paper", "M17 23h14l-1 10H18z"],
    ["body", disc(24, 28, 3)],
  ],
  tub: [
    ["body", "M11 20h26l-3 17a3 3 0 0 1-3 3H17a3 3 0 0 1-3-3z"],
    ["light", "M9.5 14h29v6h-29z"],
    ["paper", "M13.5 25h21l-1.5 9H15z"],
    ["shade", "M18 28.5h12v2H18z"],
  ],
  bar: [
    ["body", "M12 7h24v26H12z"],
    ["light", "M14 9h6v6h-6zM21 9h6v6h-6zM28 9h6v6h-6zM14 16h6v6h-6zM21 16h6v6h-6zM28 16h6v6h-6z"],
    ["paper", "M11 25l3-2 3 2 3-2 4 2 4-2 3 2 3-2 3 2v16H11z"],
    ["shade", "M16 31h16v2H16zM16 35h9v2h-9z"],
  ],
  eggs: [
    ["body", "M14 32c-4.5 0-6-4-6-7.5S10.5 14 14 14s6 7 6 10.5-1.5 7.5-6 7.5z"],
    ["light", "M24 32c-4.5 0-6-4-6-7.5S20.5 14 24 14s6 7 6 10.5-1.5 7.5-6 7.5z"],
    ["body", "M34 32c-4.5 0-6-4-6-7.5S30.5 14 34 14s6 7 6 10.5-1.5 7.5-6 7.5z"],
    ["shade", "M6 28h4c2 3 6 3 8 0h2c2 3 6 3 8 0h2c2 3 6 3 8 0h4l-3 11H9z"],
  ],
  loaf: [
    ["shade", "M9 22c-3-6 1-12 7-12h16c6 0 10 6 7 12l-2 2v13a2 2 0 0 1-2 2H13a2 2 0 0 1-2-2V24z"],
    ["light", "M13.5 21.5c-2-4 .5-8 4-8h13c3.5 0 6 4 4 8l-1.5 2V35.5h-18V23.5z"],
    ["body", discs(1.2, [20, 20], [27, 18], [24, 26], [29, 28], [19, 30])],
  ],
  baguette: [
    ["body", "M7.5 37c-2-3 0-6.5 3-9.5L27.5 10.5c4-4 9.5-4.5 12-2s1 8-3 12L19.5 37.5c-4 4-9.5 3.5-12-.5z"],
    ["light", "M14 27.5l6 3-2.5 2.5-6-3zM20.5 21l6 3-2.5 2.5-6-3zM27 14.5l6 3-2.5 2.5-6-3z"],
  ],
  bun: [
    ["body", "M8 27c0-9.5 7-15.5 16-15.5S40 17.5 40 27c0 2-1 3-3 3H11c-2 0-3-1-3-3z"],
    ["shade", "M10 30h28c0 5-3 7.5-7 7.5H17c-4 0-7-2.5-7-7.5z"],
    ["light", "M17 18c2-2.5 5-3.5 8-3.5-2 1-5 2.5-6 4.5zM29 20l3 1.5-1 1-2.5-1zM22 22.5l3 .5-.5 1.5-3-.5z"],
  ],
  croissant: [
    ["body", "M5 33c1-12 9-20 19-20s18 8 19 20c-1 3.5-5.5 3.5-7.5 0-2-5-6-8.5-11.5-8.5S14.5 28 12.5 33c-2 3.5-6.5 3.5-7.5 0z"],
    ["light", "M20.5 13.3h7l-1.5 11.3h-4z"],
    ["shade", "M10.5 19.5l5.5 7.5-3 4.5-6-6zM37.5 19.5L32 27l3 4.5 6-6z"],
  ],
  roll: [
    ["body", disc(24, 24, 16)],
    ["light", disc(24, 24, 12.5)],
    ["body", disc(25, 24.5, 9.5)],
    ["light", disc(24.5, 24, 6)],
    ["shade", disc(24.5, 24.5, 2.8)],
  ],
  bagel: [
    ["shade", disc(24, 25, 16)],
    ["body", disc(24, 23.5, 15.5)],
    ["tile", disc(24, 24, 5)],
    ["light", "M14 18l3-2 .8 1.3-3 2zM30 15l3 2-1 1.2-2.8-1.8zM33 27l2.5-2 1 1.2-2.6 2zM15 30l2.5 2-1 1.2-2.5-2zM24 33h3v1.6h-3zM21 12h3v1.5h-3z"],
  ],
  cake: [
    ["body", "M8 22h32v14a3 3 0 0 1-3 3H11a3 3 0 0 1-3-3z"],
    ["paper", "M8 29h32v3H8z"],
    ["light", "M8 23c0-5 3-7 6-7h20c3 0 6 2 6 7-2 3.5-4.5 3.5-6.4 0-2 3.5-4.5 3.5-6.4 0-2 3.5-4.5 3.5-6.4 0-2 3.5-4.5 3.5-6.4 0-2 3.5-4.5 3.5-6.4 0z"],
    ["shade", discs(3.4, [24, 11.5])],
    ["shade", discs(2.4, [15.5, 14], [32.5, 14])],
  ],
  muffin: [
    ["shade", "M13 25h22l-3 14a2 2 0 0 1-2 1.5H18a2 2 0 0 1-2-1.5z"],
    ["paper", "M19 27h2l1 12h-2zM27 27h2l-1 12h-2z"],
    ["body", "M9.5 25c-1.5-5 2.5-7.5 4-10 2-4 6-6.5 10.5-6.5S32.5 11 34.5 15c1.5 2.5 5.5 5 4 10-1 3-28 3-29 0z"],
    ["light", discs(1.5, [19, 16], [27, 13.5], [31, 20], [23, 21])],
  ],
  tart: [
    ["shade", "M7 23l3 2 2-2 3 2 3-2 3 2 3-2 3 2 3-2 3 2 3-2 2 2 3-2-6 13a2 2 0 0 1-2 1H15a2 2 0 0 1-2-1z"],
    ["body", "M8 23c0-5 7-8.5 16-8.5S40 18 40 23s-32 5-32 0z"],
    ["light", "M15 21c2-3 8-4 13-3-5 0-9 1.5-13 3z"],
  ],
  cookie: [
    ["body", disc(24, 24, 15.5)],
    ["light", disc(23.5, 23, 13)],
    ["shade", discs(2, [19, 19], [28, 17], [31, 26], [23, 30], [16, 27], [24, 24])],
  ],
  pizza: [
    ["shade", disc(24, 24, 17)],
    ["light", disc(24, 24, 13.5)],
    ["body", discs(2.4, [20, 18], [29, 20], [28, 29], [18, 28])],
  ],
  cup: [
    ["body", "M13.5 15h21l-3 25a1.5 1.5 0 0 1-1.5 1.3H18a1.5 1.5 0 0 1-1.5-1.3z"],
    ["light", "M12 9.5h24V15H12z"],
    ["paper", "M15 22h18l-1.1 10H16.1z"],
    ["shade", disc(24, 27, 2.8)],
  ],
  straw: [
    ["body", "M11 38L29 8l3 2-18 30z"],
    ["light", "M19 40L37 10l3 2-18 30z"],
    ["shade", "M5 33L21 6l3 2L8 35z"],
  ],
};

/** A hue and how strong it is, in OKLCH. */
const colours: Readonly<Record<string, readonly [hue: number, chroma: number]>> = {
  wheat: [80, 0.09],
  butter: [95, 0.12],
  citrus: [65, 0.14],
  tea: [55, 0.09],
  cocoa: [45, 0.06],
  berry: [20, 0.14],
  rose: [5, 0.1],
  plum: [325, 0.09],
  leaf: [145, 0.1],
  sea: [205, 0.08],
  sky: [245, 0.08],
  slate: [160, 0.015],
};

/** The strokes of a shape, bottom first; a plain box for one that this app does not know. */
export const strokesOf = (shape: string | undefined): readonly Stroke[] => shapes[shape ?? "box"] ?? box;
/** Hue and chroma of a colour; a neutral one for what this app does not know. */
export const tintOf = (colour: string | undefined): readonly [hue: number, chroma: number] => colours[colour ?? "slate"] ?? [160, 0.015];
/** Every shape that can be drawn. */
export const shapeNames: readonly string[] = Object.keys(shapes);
