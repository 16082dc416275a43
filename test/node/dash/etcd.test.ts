import { restartsEtcd } from "../etcd";

restartsEtcd("dash");
