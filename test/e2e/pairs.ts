/** How certificate and key of one name are called. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** By kubeadm. */
export const crtPair = (base: string): Pair => ({ cert: `${base}.crt`, key: `${base}.key` });
/** By kubespray's openssl. */
export const pemPair = (base: string): Pair => ({ cert: `${base}.pem`, key: `${base}-key.pem` });
