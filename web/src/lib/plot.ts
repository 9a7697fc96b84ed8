// What all plots have in common: axes in the design's colours and type.
import type uPlot from 'uplot';
import { colour } from './theme.svelte';

const font = '11px system-ui, sans-serif';

export function axis(more: uPlot.Axis = {}): uPlot.Axis {
  return {
    font,
    stroke: () => colour('--ink-2'),
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { show: false },
    border: { show: false },
    ...more,
  };
}

/** Clock times along the bottom, in the browser's time zone. */
export function time_axis(): uPlot.Axis {
  return axis({
    size: 26,
    space: 70,
    values: (_plot, splits, _axis, _space, step) =>
      splits.map((t) => new Date(t * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: step < 60 ? '2-digit' : undefined, hourCycle: 'h23' })),
  });
}
