// The plot of a device's RSSI: raw points, the smoothed line, limits of the ranges with their hysteresis, and where it was, as bands of the zones' colours.
import uPlot from 'uplot';
import type { History, Minute } from '../../lib/api';
import { axis, time_axis } from '../../lib/plot';
import { colour } from '../../lib/theme.svelte';
import { zone_token } from '../../lib/zones';

export type Stay = History['zones'][number];
export type Limits = History['limits'];
export interface Bands {
  stays: Stay[];
  limits: Limits | null;
  zones: string[];
}

const strip = 6; // pixels of the zones' strip at the top

function draw_stays(u: uPlot, { stays, zones }: Bands, what: 'tint' | 'strip') {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const stay of stays) {
    const from = u.valToPos(Date.parse(stay.from) / 1000, 'x', true);
    const to = u.valToPos(Date.parse(stay.to) / 1000, 'x', true);
    ctx.fillStyle = colour(zone_token(zones, stay.zone));
    ctx.globalAlpha = what === 'tint' ? 0.09 : 1;
    if (what === 'tint') ctx.fillRect(from, bbox.top, to - from, bbox.height);
    else ctx.fillRect(from, bbox.top, Math.max(1, to - from - 1), strip * devicePixelRatio);
  }
  ctx.restore();
}

// Above the limit a device comes nearer; only below limit - hysteresis it leaves.
function draw_limits(u: uPlot, limits: Limits) {
  const { ctx, bbox } = u;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.font = `${11 * scale}px system-ui, sans-serif`;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'bottom';
  for (const [name, limit] of [['immediate above', limits.near_dbm], ['near above', limits.far_dbm]] as const) {
    const y = u.valToPos(limit, 'y', true);
    const under = u.valToPos(limit - limits.hysteresis_db, 'y', true);
    ctx.fillStyle = colour('--ink-2');
    ctx.globalAlpha = 0.12;
    ctx.fillRect(bbox.left, y, bbox.width, under - y);
    ctx.globalAlpha = 1;
    ctx.strokeStyle = colour('--line-2');
    ctx.lineWidth = scale;
    ctx.setLineDash([4 * scale, 4 * scale]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.fillText(`${name} \u2212${Math.abs(limit)} dBm`, bbox.left + bbox.width - 4 * scale, y - 2 * scale);
  }
  ctx.restore();
}

function dbm_range(_u: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax {
  return [Math.min(-90, (min ?? -90) - 4), Math.max(-45, (max ?? -45) + 8)];
}

const dbm_axis = () => axis({ size: 44, values: (_u, splits) => splits.map((value) => String(value).replace('-', '\u2212')) });
const shown = (_u: uPlot, value: number | null | undefined) => (value === null || value === undefined ? '\u2013' : `${String(Math.round(value * 10) / 10).replace('-', '\u2212')} dBm`);
const when = (_u: uPlot, value: number | null) => (value === null ? '\u2013' : new Date(value * 1000).toLocaleTimeString([], { hourCycle: 'h23' }));

function frame(bands: () => Bands): Omit<uPlot.Options, 'width' | 'height' | 'series'> {
  return {
    padding: [strip + 2, 8, 0, 0],
    cursor: { y: false, drag: { x: false, y: false } },
    legend: { live: true },
    scales: { x: { time: true }, y: { range: dbm_range } },
    axes: [time_axis(), dbm_axis()],
    hooks: {
      drawClear: [(u) => {
        const now = bands();
        draw_stays(u, now, 'tint');
        if (now.limits) draw_limits(u, now.limits);
      }],
      draw: [(u) => draw_stays(u, bands(), 'strip')],
    },
  };
}

export function recent_options(bands: () => Bands): Omit<uPlot.Options, 'width' | 'height'> {
  return {
    ...frame(bands),
    series: [
      { label: 'Time', value: when },
      { label: 'Raw', value: shown, stroke: () => colour('--ink-2'), width: 0, paths: () => null, points: { show: true, size: 3, width: 0, fill: () => colour('--ink-2') } },
      { label: 'Smoothed', value: shown, stroke: () => colour('--accent'), width: 2, points: { show: false } },
    ],
  };
}

export function minute_options(bands: () => Bands): Omit<uPlot.Options, 'width' | 'height'> {
  const edge = (label: string): uPlot.Series => ({ label, value: shown, stroke: () => colour('--line-2'), width: 0.5, points: { show: false } });
  return {
    ...frame(bands),
    series: [{ label: 'Time', value: when }, edge('Strongest'), edge('Weakest'), { label: 'Mean', value: shown, stroke: () => colour('--accent'), width: 1.75, points: { show: false } }],
    bands: [{ series: [1, 2], fill: () => `color-mix(in srgb, ${colour('--accent')} 16%, transparent)` }],
  };
}

/** Each minute by the radio that heard it best; gaps over two minutes stay gaps. */
export function minute_data(minutes: Minute[]): uPlot.AlignedData {
  const best = new Map<number, Minute>();
  for (const minute of minutes) {
    const t = Date.parse(minute.t) / 1000;
    const known = best.get(t);
    if (!known || known.mean < minute.mean) best.set(t, minute);
  }
  const rows: [number, number | null, number | null, number | null][] = [];
  for (const [t, minute] of [...best].sort((a, b) => a[0] - b[0])) {
    const last = rows.at(-1);
    if (last && t - last[0] > 120) rows.push([last[0] + 60, null, null, null]);
    rows.push([t, minute.max, minute.min, minute.mean]);
  }
  return [rows.map((row) => row[0]), rows.map((row) => row[1]), rows.map((row) => row[2]), rows.map((row) => row[3])];
}
