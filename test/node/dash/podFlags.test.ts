import { setsPodFlags } from "../podFlags";

setsPodFlags("dash");
