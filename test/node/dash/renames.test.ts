import { onlyRenames } from "../renames";

onlyRenames("dash");
