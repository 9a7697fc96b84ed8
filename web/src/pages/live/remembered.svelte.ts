// What was filtered and chosen, for who comes back from a device.
import { type Column, type Filter, no_filter } from '../../lib/table';

export const remembered: { filter: Filter; column: Column; down: boolean; chosen: string } = { filter: { ...no_filter }, column: 'rssi', down: false, chosen: '' };
