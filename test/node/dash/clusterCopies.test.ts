import { keepsCopies } from "../clusterCopies";

keepsCopies("dash");
