import { readsEnvironmentFiles, setsEnvironmentFlags } from "../environment";
import { hasBusybox } from "../scratch";

if (hasBusybox) {
  readsEnvironmentFiles("busybox sh");
  setsEnvironmentFlags("busybox sh");
}
