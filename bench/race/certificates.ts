/** Whether a contestant has done what it was raced at: which certificates nodes hold and serve, before and after. */
import type { Case } from "./cases";

/** Prints each certificate of a node, in files and on its ports, with its fingerprint; the node's address is on stdin. */
export const LIVE = `
read -r address
print() { echo "$1 $(openssl x509 -noout -fingerprint -sha256 2>/dev/null | sed 's/.*=//')"; }
for file in /etc/etcd/*.crt /var/lib/kubernetes/*.crt /var/lib/kubelet/*.crt; do
  case $file in *-signing.crt | *'*'*) continue ;; esac
  print "$file" <"$file"
done
for file in /var/lib/kubernetes/*.kubeconfig /var/lib/kubelet/kubeconfig /var/lib/kube-proxy/kubeconfig; do
  [ ! -f "$file" ] || sed -n 's/^ *client-certificate-data: *"*\\([^" ]*\\).*/\\1/p' "$file" | base64 -d | print "$file"
done
for port in 2379 2380 6443 10250; do
  openssl s_client -connect "$address:$port" </dev/null 2>/dev/null | print "port $port" | grep : || :
done
`;

interface Said {
  readonly name: string;
  readonly text: string;
}

/** `node file` or `node port N` -> fingerprint. */
export const certificatesIn = (said: readonly Said[]): ReadonlyMap<string, string> =>
  new Map(
    said.flatMap(({ name, text }) =>
      text
        .trim()
        .split("\n")
        .map((line) => {
          const at = line.lastIndexOf(" ");
          return [`${name} ${line.slice(0, at)}`, line.slice(at + 1)] as const;
        }),
    ),
  );

/** What is not as it must be after a run, in sentences; `worker` is the one that changes alone. */
export const notDone = (
  { changes }: Case,
  worker: string,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string[] => {
  const mustChange = (what: string): boolean =>
    changes === "all" ||
    (changes === "leaves" && !/[/-]ca\.crt$/.test(what)) ||
    (changes === "one" && new RegExp(`^${worker} (port 10250|.*/kubelet\\.crt)$`).test(what));
  return [...before].flatMap(([what, fingerprint]) => {
    const changed = after.get(what) !== fingerprint;
    if (changed === mustChange(what)) return [];
    return [`${what}: ${changed ? "is another one now and had to stay" : "is still the one from before"}`];
  });
};
