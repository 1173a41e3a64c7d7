my_state = {
    'age': 20
}
envelope = await pubnub.set_state() \
    .channels(['ch1', 'ch2', 'ch3']) \
    .state(my_state) \
    .future()
