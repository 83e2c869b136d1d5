"""The function profiles as data, and the rules that grade a post by them."""
