<?php
// Start a sign-up, then show what has happened lately: php sign_up.php ada@example.org

function api(string $method, string $path, ?array $body = null, array $headers = []): array
{
    $headers = [...$headers, 'Authorization: Bearer ' . getenv('SIGNUP_KEY'), 'Content-Type: application/json'];
    $http = ['method' => $method, 'header' => $headers, 'ignore_errors' => true, 'timeout' => 20];
    if ($body !== null) {
        $http['content'] = json_encode($body);
    }
    $answer = file_get_contents(getenv('SIGNUP_URL') . '/api/v1' . $path, false, stream_context_create(['http' => $http]));
    $told = json_decode($answer, true);
    if (isset($told['status']) && is_int($told['status'])) {  // problem details
        throw new RuntimeException($told['title'] . ': ' . json_encode($told['errors'] ?? $told['detail']));
    }
    return $told;
}

// The words that the person read have a version: name it.
$form = api('GET', '/forms/' . getenv('SIGNUP_FORM'));
$signup = ['form' => getenv('SIGNUP_FORM'), 'form_version' => $form['version'], 'consent' => true, 'email' => $argv[1]];
// With an Idempotency-Key the request can be sent again when its answer got lost.
echo json_encode(api('POST', '/signups', $signup, ['Idempotency-Key: ' . bin2hex(random_bytes(16))])), "\n";
echo json_encode(api('GET', '/events?limit=10')), "\n";
