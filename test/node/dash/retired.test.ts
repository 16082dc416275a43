import { retiresKeys } from "../retired";

retiresKeys("dash");
