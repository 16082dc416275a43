import { keepsSigner } from "../seeds";

keepsSigner("dash");
