import { editsKubeconfigs } from "../kubeconfig";

editsKubeconfigs("dash");
