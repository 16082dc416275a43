import { restartsEtcd } from "../etcd";
import { hasBusybox } from "../scratch";

if (hasBusybox) restartsEtcd("busybox sh");
