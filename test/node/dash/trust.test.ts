import { changesTrust } from "../trust";

changesTrust("dash");
