import { handlesStaticPods } from "../staticPod";

handlesStaticPods("dash");
