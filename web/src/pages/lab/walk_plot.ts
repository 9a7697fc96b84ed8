// The plot of a walk: samples as points, the average as a line, zones as bands with their limits.
import type uPlot from 'uplot';
import { axis } from '../../lib/plot';
import { colour } from '../../lib/theme.svelte';

export interface Point {
  t: number;
  rssi: number | null;
  smoothed: number;
  distance_m: number | null;
  distance_low_m: number | null;
  distance_high_m: number | null;
  zone: string | null;
  event: string | null;
}

export interface Limits {
  near: number;
  far: number;
  hysteresis: number;
}

export const zone_tokens: Record<string, string> = { immediate: '--zone-0', near: '--zone-1', far: '--zone-2' };

/** Which zone from when to when, as shares of the whole time. */
export function bands(points: Point[]): { from: number; to: number; zone: string | null }[] {
  const first = points[0]?.t ?? 0;
  const whole = (points.at(-1)?.t ?? 0) - first || 1;
  const found: { from: number; to: number; zone: string | null }[] = [];
  for (const point of points) {
    const at = (point.t - first) / whole;
    const open = found.at(-1);
    if (open) open.to = at;
    if (!open || open.zone !== point.zone) found.push({ from: at, to: at, zone: point.zone });
  }
  return found.filter((one) => one.to > one.from);
}

function draw(plot: uPlot, { near, far, hysteresis }: Limits, points: Point[]) {
  const { ctx } = plot;
  const { left, top, width, height } = plot.bbox;
  const y = (dbm: number) => Math.max(top, Math.min(top + height, plot.valToPos(dbm, 'y', true)));
  ctx.save();
  const fill = (token: string, from: number, to: number) => {
    ctx.globalAlpha = 0.1;
    ctx.fillStyle = colour(token);
    ctx.fillRect(left, from, width, to - from);
  };
  fill(zone_tokens.immediate!, top, y(near));
  fill(zone_tokens.near!, y(near), y(far));
  fill(zone_tokens.far!, y(far), top + height);
  ctx.globalAlpha = 1;
  ctx.lineWidth = devicePixelRatio;
  const line = (dbm: number, token: string, dash: number[]) => {
    ctx.setLineDash(dash.map((one) => one * devicePixelRatio));
    ctx.strokeStyle = colour(token);
    ctx.beginPath();
    ctx.moveTo(left, y(dbm));
    ctx.lineTo(left + width, y(dbm));
    ctx.stroke();
  };
  line(near, zone_tokens.immediate!, []);
  line(far, zone_tokens.near!, []);
  if (hysteresis > 0) for (const limit of [near, far]) line(limit - hysteresis, '--ink-2', [4, 4]);
  ctx.setLineDash([]);
  for (const point of points) {
    if (!point.event) continue;
    const x = plot.valToPos(point.t, 'x', true);
    ctx.strokeStyle = colour(zone_tokens[point.zone ?? ''] ?? '--line-2');
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + height);
    ctx.stroke();
  }
  ctx.restore();
}

export function walk_plot(limits: Limits, points: Point[]): Omit<uPlot.Options, 'width' | 'height'> {
  return {
    cursor: { drag: { x: false, y: false } },
    legend: { show: false },
    padding: [8, 8, 0, 0],
    scales: { x: { time: false }, y: { range: (_plot, low, high) => [Math.min(low, limits.far - 8) - 2, Math.max(high, limits.near + 6) + 2] } },
    axes: [axis({ size: 28, values: (_plot, splits) => splits.map((t) => `${t} s`) }), axis({ size: 52, values: (_plot, splits) => splits.map((one) => String(one).replace('-', '−')) })],
    series: [
      {},
      { label: 'RSSI', stroke: () => colour('--line-2'), paths: () => null, points: { show: true, size: 4, fill: () => colour('--line-2'), width: 0 } },
      { label: 'smoothed', stroke: () => colour('--accent'), width: 2, points: { show: false } },
    ],
    hooks: { drawClear: [(plot) => draw(plot, limits, points)] },
  };
}
