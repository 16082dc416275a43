module kube-pki/tools/webhook

go 1.24
