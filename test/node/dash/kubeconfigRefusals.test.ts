import { refusesKubeconfigs } from "../kubeconfigRefusals";

refusesKubeconfigs("dash");
