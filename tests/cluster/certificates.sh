# shellcheck shell=bash
# A certificate authority for this run, and the keys and tokens that the daemons want.

make_certificates() {
    local folder=$run_folder/pki
    mkdir -m 700 "$folder"
    make_key ca
    openssl req -x509 -new -key "$folder/ca.key" -subj /CN=daskk8s-test-ca -days 30 -out "$folder/ca.crt" \
        -addext keyUsage=critical,keyCertSign,cRLSign
    make_certificate apiserver /CN=kube-apiserver \
        "subjectAltName=IP:$node_address,IP:$kubernetes_service,IP:127.0.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
    make_certificate apiserver-to-kubelet /O=system:masters/CN=apiserver extendedKeyUsage=clientAuth
    make_key service-accounts
    admin_token=$(openssl rand -hex 32)
    printf '%s,admin,admin,system:masters\n' "$admin_token" > "$folder/tokens.csv"
    printf 'Authorization: Bearer %s\nContent-Type: application/json-patch+json\n' "$admin_token" > "$folder/admin-headers"
    write_kubeconfig > "$run_folder/kubeconfig"
    chmod 600 "$run_folder/kubeconfig"
}

make_key() { quiet openssl ecparam -name prime256v1 -genkey -noout -out "$run_folder/pki/$1.key"; }

# make_certificate NAME SUBJECT EXTENSION
make_certificate() {
    local folder=$run_folder/pki
    make_key "$1"
    openssl req -new -key "$folder/$1.key" -subj "$2" -out "$folder/$1.csr"
    # Strict clients (Python 3.13) want the authority's key named.
    printf '%s\n' authorityKeyIdentifier=keyid "$3" > "$folder/$1.ext"
    quiet openssl x509 -req -in "$folder/$1.csr" -CA "$folder/ca.crt" -CAkey "$folder/ca.key" -CAcreateserial \
        -days 30 -extfile "$folder/$1.ext" -out "$folder/$1.crt"
}

write_kubeconfig() {
    cat << END
apiVersion: v1
kind: Config
current-context: daskk8s-test
clusters:
- name: daskk8s-test
  cluster:
    server: https://$node_address:6443
    certificate-authority-data: $(base64 --wrap=0 "$run_folder/pki/ca.crt")
users:
- name: admin
  user:
    token: $admin_token
contexts:
- name: daskk8s-test
  context:
    cluster: daskk8s-test
    user: admin
    namespace: default
END
}
