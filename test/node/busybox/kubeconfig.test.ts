import { editsKubeconfigs } from "../kubeconfig";
import { hasBusybox } from "../scratch";

if (hasBusybox) editsKubeconfigs("busybox sh");
