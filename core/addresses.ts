/** How hosts and ports are written and taken apart. */
import { isIP } from "node:net";

export const isIp = (text: string): boolean => isIP(text) !== 0;

/** `10.0.0.1:6443` or `[fd00::1]:6443`. */
export const hostPort = (host: string, port: number): string =>
  isIP(host) === 6 ? `[${host}]:${String(port)}` : `${host}:${String(port)}`;

/** The host of `host:port`, without the brackets of an IPv6 address. */
export const hostOf = (endpoint: string): string =>
  endpoint.slice(0, endpoint.lastIndexOf(":")).replace(/^\[|\]$/g, "");
